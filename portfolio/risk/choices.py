"""What the risk page is asked to show. A wish that makes no sense is told at its field, and the
usual one stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from portfolio import formats
from portfolio.risk.inputs import DEFAULT_BENCHMARK

WHOLE = ""
BENCHMARKS = ("SPY", "QQQ", "IWM", "DIA")
SPANS = (5, 10, 20, 30, 50)
FACTORS = ((0.5, "×0.5"), (0.7, "×0.7"), (0.85, "×0.85"), (1.0, "as now"), (1.25, "×1.25"),
           (1.5, "×1.5"), (2.0, "×2"), (3.0, "×3"))  # fmt: skip
PNL, DELTA, CUSHION = "pnl", "delta", "cushion"
MEASURES = ((PNL, "P/L"), (DELTA, "Delta"), (CUSHION, "Cushion"))
DAYS, VOLATILITY = "days", "volatility"
ACROSS = ((DAYS, "Dates"), (VOLATILITY, "Volatility"))
NOW, OPEN = "now", "open"
BASES = ((NOW, "From now"), (OPEN, "Since opening"))
EXCLUDE, ASSUME = "exclude", "assume"
MISSING = ((EXCLUDE, "Left out"), (ASSUME, "Assumed"))
GROUPS = (("underlying", "Underlying"), ("expiration", "Expiration"), ("strategy", "Strategy"),
          ("account", "Account"))  # fmt: skip
SPANS_EXPLAINED = ((1, "Today"), (7, "7 days"), (30, "30 days"))
EXPLAINED_BY = (("underlying", "Underlying"), ("chain", "Chain"), ("leg", "Leg"), ("day", "Day"),
                ("account", "Account"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """`of`: an underlying, or empty for the whole book; `days`: from now to the middle curve;
    `until`: the expiration of the last curve, None for the first one; `span`: per cent."""

    of: str = WHOLE
    benchmark: str = DEFAULT_BENCHMARK
    days: int = 7
    until: date | None = None
    span: int = 20
    measure: str = PNL
    across: str = DAYS
    factor: float = 1.0
    base: str = NOW
    missing: str = EXCLUDE
    by: str = "underlying"
    explain: int = 1
    explain_by: str = "underlying"

    @property
    def is_whole(self) -> bool:
        return self.of == WHOLE


class RiskForm(forms.Form):
    """The wishes as fields. Choices that depend on the book are given to the constructor."""

    of = forms.ChoiceField(label="Curve of", required=False)
    benchmark = forms.ChoiceField(label="Benchmark")
    days = forms.IntegerField(label="Days ahead", min_value=0, max_value=730)
    until = forms.ChoiceField(label="Last curve", required=False)
    span = forms.TypedChoiceField(label="Range", coerce=int)
    measure = forms.ChoiceField(label="Show", choices=MEASURES)
    across = forms.ChoiceField(label="Columns", choices=ACROSS)
    factor = forms.TypedChoiceField(label="Volatility", coerce=float)
    base = forms.ChoiceField(label="P/L", choices=BASES)
    missing = forms.ChoiceField(label="Without beta or IV", choices=MISSING)
    by = forms.ChoiceField(label="Greeks by", choices=GROUPS)
    explain = forms.TypedChoiceField(label="Over", coerce=int)
    explain_by = forms.ChoiceField(label="By", choices=EXPLAINED_BY)

    def __init__(
        self, data: Mapping[str, Any], *, symbols: Iterable[str], days: Sequence[date]
    ) -> None:
        names = list(symbols)
        super().__init__({**_defaults(data, days), **_given(data)})
        self._choose("of", [(WHOLE, "Whole book"), *((name, name) for name in names)])
        shares = [name for name in names if "/" not in name]
        self._choose("benchmark", [(name, name) for name in dict.fromkeys([*BENCHMARKS, *shares])])
        self._choose("until", [(f"{day}", formats.short_date(day, year=True)) for day in days])
        self._choose("span", [(str(span), f"±{span}%") for span in SPANS])
        self._choose("factor", [(str(value), words) for value, words in FACTORS])
        self._choose("explain", [(str(days), words) for days, words in SPANS_EXPLAINED])
        for field in self.fields.values():
            field.widget.attrs["class"] = "wish"

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def choices(self) -> Choices:
        """What is valid of the wishes; the usual for the rest. Errors stay with their fields."""
        self.is_valid()
        found = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        until = found.pop("until", None)
        found["until"] = date.fromisoformat(until) if until else None
        if found.get("measure") == CUSHION and found.get("of"):
            self.add_error("measure", "The cushion is that of whole accounts.")
            found["measure"] = PNL
        return Choices(**found)


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in RiskForm.base_fields if data.get(name) not in (None, "")}


def _defaults(data: Mapping[str, Any], days: Sequence[date]) -> dict[str, Any]:
    """A symbol's curve counts since its opening, that of a book from now."""
    usual = Choices()
    return {
        "of": usual.of, "benchmark": usual.benchmark, "days": usual.days,
        "until": f"{days[0]}" if days else "", "span": str(usual.span), "measure": usual.measure,
        "across": usual.across, "factor": str(usual.factor),
        "explain": str(usual.explain), "explain_by": usual.explain_by,
        "base": OPEN if data.get("of") else NOW, "missing": usual.missing, "by": usual.by,
    }  # fmt: skip
