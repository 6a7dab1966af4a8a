"""What the book has in use and carries, beside the bounds it should stay within."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from brokerage import reads
from portfolio import formats
from portfolio.analytics.allocation import Band, band_of, delta_bound
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.dashboard.cards import choice_of
from portfolio.dashboard.overview import Overview, Shown, shown
from portfolio.desk import RequestDesk
from portfolio.figures import show
from portfolio.models import DashboardChoice
from portfolio.risk.inputs import DEFAULT_BENCHMARK
from portfolio.risk.legs import stream_spot

VIX = "VIX"
_RULE = "rule of thumb by the VIX"


@dataclass(frozen=True, slots=True)
class Line:
    """A figure and its bound; `part`: how much of the bound is used, 0 to 1, None: not known."""

    label: str
    tip: str
    value: Shown
    bound: Shown
    words: str
    part: float | None
    is_over: bool


class Bands:
    """Everything is worked out on first use. What the stream lacks is asked of the broker, so this
    belongs in a fragment that follows its page."""

    def __init__(self, desk: RequestDesk) -> None:
        self.desk, self.overview = desk, Overview(desk)

    # --- Prices ------------------------------------------------------------------------------

    def _streamed(self, symbol: str) -> float | None:
        books = (self.desk.book(account.feed) for account in self.desk.facts.accounts)
        found = (stream_spot(book, symbol, self.desk.now) for book in books)
        return next((price for price in found if price is not None), None)

    @cached_property
    def _prices(self) -> dict[str, tuple[Decimal, str]]:
        """(price, source) of the VIX and the benchmark."""
        found: dict[str, tuple[Decimal, str]] = {}
        lacking: dict[str, list[str]] = {}
        for kind, symbol in (("Index", VIX), ("Equity", DEFAULT_BENCHMARK)):
            price = self._streamed(symbol)
            if price is None:
                lacking[kind] = [symbol]
            else:
                found[symbol] = (Decimal(str(price)), "market stream")
        return found | self._asked(lacking)

    def _asked(self, lacking: dict[str, list[str]]) -> dict[str, tuple[Decimal, str]]:
        account = next(iter(self.desk.facts.accounts), None)
        if not lacking or account is None or account.connection is None:
            return {}
        try:
            rows = reads.market_data(account.connection, lacking).value
        except reads.ReadError:
            return {}
        return {
            symbol: (row.best_price, "quote, by the broker")
            for symbol, row in rows.items()
            if row.best_price
        }

    # --- Figures -----------------------------------------------------------------------------

    @cached_property
    def vix(self) -> Worked:
        price, source = self._prices.get(VIX, (None, "market stream"))
        return given("VIX", price, Unit.PRICE, source)

    @property
    def vix_text(self) -> str:
        return show(self.vix.value, self.vix.unit)

    @cached_property
    def band(self) -> Band | None:
        return band_of(self._prices[VIX][0]) if VIX in self._prices else None

    @cached_property
    def use_bound(self) -> Worked:
        share = self.band.share if self.band else None
        note = f"{self.band.words}. {_NOTE}" if self.band else _NOTE
        inputs = (Input("b", "Share at this VIX", share, _RULE, None, Unit.PERCENT),)
        return worked("Buying power in use at most", "b", inputs, share, Unit.PERCENT, note=note)

    @property
    def share(self) -> Decimal:
        """Per cent of net liq for each per cent of the benchmark."""
        return self.choice.delta_share

    @cached_property
    def choice(self) -> DashboardChoice:
        return choice_of(self.desk.user)

    @cached_property
    def delta_bound(self) -> Worked:
        net, share = self.overview.net_liq, self.share / 100
        price, source = self._prices.get(DEFAULT_BENCHMARK, (None, "market stream"))
        inputs = (
            Input("s", "Share of net liq", share, "your choice", None, Unit.PERCENT_FINER),
            Input("L", "Net liq", net, "balances, by the broker", None, Unit.MONEY),
            Input("P", f"Price of {DEFAULT_BENCHMARK}", price, source, None, Unit.PRICE),
        )
        value = delta_bound(share, net, price)
        note = f"At this delta a move of {DEFAULT_BENCHMARK} by 1% changes net liq by the share."
        title = "Beta delta at most, to either side"
        return worked(title, "s*L/(P*0.01)", inputs, value, Unit.SPAN, note=note)

    @property
    def lines(self) -> list[Line]:
        return [self._use(), self._delta()]

    def _use(self) -> Line:
        use, bound = self.overview.use, self.use_bound
        part, is_over = _part(use.value, bound.value)
        words = self.band.words if self.band else "VIX is not known"
        tip = f"(Net liq − option buying power) ÷ net liq; {_RULE}"
        return Line(
            "Buying power in use", tip, shown(use, "top-use"), shown(bound, "dash-band-use"),
            words, part, is_over,
        )  # fmt: skip

    def _delta(self) -> Line:
        greek, value = self.overview.beta
        bound = self.delta_bound
        part, is_over = _part(value, bound.value)
        words = f"1% of {DEFAULT_BENCHMARK} is {formats.trimmed(self.share)}% of net liq"
        limit = shown(bound, "dash-band-delta")
        return Line(
            "Beta delta", f"In units of {DEFAULT_BENCHMARK}", greek, limit, words, part, is_over
        )


_NOTE = "A rule of thumb, no limit of the broker."


def _part(value: object, bound: object) -> tuple[float | None, bool]:
    """(how much of the bound is used, whether it is passed)."""
    if value is None or not bound:
        return None, False
    part = abs(float(value)) / float(bound)  # type: ignore[arg-type]
    return min(1.0, part), part > 1.0
