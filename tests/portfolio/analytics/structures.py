"""Reads the labelled structures: one line, its legs and what it is called."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from portfolio.analytics.strategies.legs import Form, StrategyLeg

_LEG = re.compile(
    r"(?P<account>B:)?(?P<quantity>[+-]\d+) ?(?P<form>[SFCP])(?P<strike>[\d.]+)?"
    r"(?:@(?P<series>\d)(?P<morning>a)?)?(?:~(?P<shares>\d+))?(?:#(?P<order>\d+))?"
)
_SERIES = {"1": date(2026, 4, 17), "2": date(2026, 5, 15), "3": date(2026, 6, 19)}
_FORMS = {"S": Form.STOCK, "F": Form.FUTURE, "C": Form.CALL, "P": Form.PUT}


@dataclass(frozen=True)
class Labelled:
    text: str
    names: Counter[str]
    spot: Decimal
    has_cash: bool
    legs: tuple[StrategyLeg, ...]


def labelled() -> list[Labelled]:
    lines = Path(__file__).with_name("labelled_structures.txt").read_text().splitlines()
    return [_line(line) for line in lines if line and not line.startswith("#")]


def _line(text: str) -> Labelled:
    label, facts, written = (part.strip() for part in text.split("|"))
    words = facts.split()
    found = list(_LEG.finditer(written))
    assert _LEG.sub("", written).split() == [], text
    legs = tuple(_leg(i, match, "fop" in words) for i, match in enumerate(found))
    return Labelled(text, _names(label), Decimal(words[0]), "cash" in words, legs)


def _names(label: str) -> Counter[str]:
    names: Counter[str] = Counter()
    for part in label.split("&"):
        count, _, rest = part.strip().partition(" ")
        times, name = (int(count), rest) if count.isdigit() else (1, part.strip())
        names[name] += times
    return names


def _leg(index: int, match: re.Match[str], on_future: bool) -> StrategyLeg:
    form = _FORMS[match["form"]]
    is_option = form in (Form.CALL, Form.PUT)
    return StrategyLeg(
        key=str(index),
        account=match["account"] or "A",
        underlying="/ESM6" if on_future else "XYZ",
        form=form,
        quantity=Decimal(match["quantity"]),
        strike=Decimal(match["strike"]) if match["strike"] else None,
        expiration=_SERIES[match["series"] or "1"] if is_option else None,
        is_morning=bool(match["morning"]),
        deliverable=Decimal(match["shares"] or (1 if on_future else 100)),
        order=match["order"] or "",
    )
