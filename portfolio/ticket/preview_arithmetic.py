"""The arithmetic of what a dry run said, and of what an order names: families `preview`, `intent`
and `told`.

All of it is stated, by the broker or by the person: the drawer says by whom and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core import signing
from django.http import QueryDict

from brokerage import access
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.orders.arithmetic import epoch, limit_of
from portfolio.orders.executed import signed
from portfolio.orders.words import body_amounts
from portfolio.ticket import words

DRY_RUN = "dry run, by the broker"
ORDER = "order, as it was previewed"
# What a dry run says of buying power, and how it is written.
POWER = {
    "change-in-buying-power": ("Buying power effect", Unit.SIGNED),
    "current-buying-power": ("Buying power now", Unit.MONEY),
    "new-buying-power": ("Buying power left", Unit.MONEY),
    "change-in-margin-requirement": ("Change in margin requirement", Unit.SIGNED),
}
_TOTAL_FEES = "total-fees"
_SALT = "figures.told"


@explains("preview")
def preview(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`preview-<id>-<figure>`: an amount of the answer, or `<place of the order>-limit`."""
    key, name = rest[:36], rest[37:]
    try:
        shown = access.get_preview(desk.user, key)
    except access.NotFound:
        return None
    at = epoch(shown.created_at)
    if name[:1].isdigit():
        return _of_body(shown.body, name, at)
    return told_amount(shown.answer or {}, name, at)


@explains("intent")
def intent(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`intent-<id>-<place>-<figure>`: what a command that was sent names."""
    try:
        sent = access.get_intent(desk.user, rest[:36])
    except access.NotFound:
        return None
    if rest[37:] == "reads":
        reads = len(sent.reads_without_trace)
        return given("Complete reads that did not show it", reads, Unit.COUNT, "read by this desk")
    return _of_body(sent.body, rest[37:], epoch(sent.created_at))


@explains("told")
def told(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """An answer of the broker that is kept nowhere but on the page, under our signature."""
    try:
        answer, at = signing.loads(query.get("told", ""), salt=_SALT)
    except signing.BadSignature:
        return None
    return told_amount(answer, rest, at)


def told_query(answer: Mapping[str, Any], at: float) -> str:
    """The part of an answer that pages show, signed, for the query of its drawers."""
    part = {"buying-power-effect": dict(answer.get("buying-power-effect") or {})}
    return f"told={signing.dumps((part, at), salt=_SALT, compress=True)}"


def told_amount(answer: Mapping[str, Any], name: str, at: float | None) -> Worked | None:
    """One amount of a dry run's answer; None for what it does not have."""
    if name in POWER:
        title, unit = POWER[name]
        effect = answer.get("buying-power-effect") or {}
        return given(title, signed(effect, name), unit, DRY_RUN, at)
    fees = answer.get("fee-calculation") or {}
    kind, _, place = name.partition(".")
    if place:
        return _part(fees.get(kind) or (), place, at)
    if kind not in fees:
        return None
    title = kind.replace("-", " ").capitalize()
    return given(title, signed(fees, kind), Unit.EXACT, DRY_RUN, at)


def _part(rows: Any, place: str, at: float | None) -> Worked | None:
    """One part of one kind of fee."""
    if not place.isdecimal() or int(place) >= len(rows):
        return None
    row = rows[int(place)]
    amount = signed({"value": row.get("value"), "value-effect": row.get("effect")}, "value")
    return given(f"Fee: {row.get('name') or 'part'}", amount, Unit.EXACT, DRY_RUN, at)


# --- What an order names ------------------------------------------------------------------------


def _of_body(body: Mapping[str, Any], rest: str, at: float | None) -> Worked | None:
    """`<place>-limit`, `-trigger`, `-value`, `-ratio`, or `-money@<units of a lot>`."""
    place, _, name = rest.partition("-")
    orders = words.orders_of(body)
    if not place.isdecimal() or int(place) >= len(orders):
        return None
    if name == "ratio":
        level = formats.decimal(body.get("ratio-price-threshold"))
        return given("Ratio of the two prices", level, Unit.NUMBER, ORDER, at)
    name, _, units = name.partition("@")
    return _amount(orders[int(place)], name, units, at)


def _amount(body: Mapping[str, Any], name: str, units: str, at: float | None) -> Worked | None:
    amounts = body_amounts(body)
    if name == "money":
        return _money(body, amounts.price, formats.decimal(units), at)
    if name == "limit":
        word, price, unit = limit_of(amounts.price, amounts.effect)
        return given(word, price, unit, ORDER, at)
    if name == "trigger":
        return given("Stop trigger", amounts.trigger, Unit.PRICE, ORDER, at)
    if name == "value":
        return given("Amount", amounts.value, Unit.MONEY, ORDER, at)
    return None


def _money(
    body: Mapping[str, Any], price: Decimal | None, units: Decimal | None, at: float | None
) -> Worked:
    """Price × lots × units of a lot."""
    inputs = (
        Input("p", "Limit", price, ORDER, at, Unit.PRICE),
        Input("n", "Lots", words.lots(body), ORDER, at),
        Input("M", "Units of one lot", units, "instrument, by the broker"),
    )
    title = "Paid at most" if body.get("price-effect") == "Debit" else "Received at least"
    return worked(title, "p*n*M", inputs, words.money(body, units), Unit.MONEY)
