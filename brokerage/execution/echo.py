"""Is the order that the broker shows the one that was meant? Pure comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from brokerage.execution import identifiers


def differences(body: Mapping[str, Any], order: Mapping[str, Any]) -> list[dict[str, str]]:
    """What differs between the body sent and the broker's order, in plain words.

    Each item: {"what", "sent", "shown"}. Legs are compared by symbol, not by their place. A key
    that the broker leaves out is not a difference, a leg that is missing or extra is.
    """
    found = []
    for key, what in _KEYS.items():
        if not _same(body.get(key), order.get(key)):
            found.append(_item(what, body.get(key), order.get(key)))
    return found + _leg_differences(body.get("legs") or [], order.get("legs") or [])


def group_differences(
    body: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """The same for a group: its orders are matched by our identifiers, else by their place."""
    sent = identifiers.members(body)
    by_name = {str(order.get(identifiers.KEY)): order for order in shown}
    found = []
    if len(sent) != len(shown):
        found.append(_item("number of orders", len(sent), len(shown)))
    for index, order in enumerate(sent):
        echoed = by_name.get(str(order.get(identifiers.KEY)))
        if echoed is None and index < len(shown):
            echoed = shown[index]
        if echoed is not None:
            differing = differences(order, echoed)
            found += [item | {"what": f"order {index + 1}: {item['what']}"} for item in differing]
    return found


def ratio_differences(body: Mapping[str, Any], group: Mapping[str, Any]) -> list[dict[str, str]]:
    """The ratio of a pair as sent and as the broker shows it."""
    keys = {"ratio-price-comparator": "comparator", "ratio-price-threshold": "ratio"}
    return [
        _item(what, body.get(key), group.get(key))
        for key, what in keys.items()
        if not _same(body.get(key), group.get(key))
    ]


_KEYS = {
    "order-type": "order type",
    "time-in-force": "time in force",
    "price": "price",
    "price-effect": "debit or credit",
    "stop-trigger": "stop trigger",
    "value": "amount",
    "gtc-date": "date",
}


def _leg_differences(
    sent: list[Mapping[str, Any]], shown: list[Mapping[str, Any]]
) -> list[dict[str, str]]:
    ours = {leg["symbol"]: leg for leg in sent}
    theirs = {str(leg.get("symbol")): leg for leg in shown}
    found = [_item(f"leg {name}", None, "present") for name in theirs.keys() - ours.keys()]
    for symbol, leg in ours.items():
        echoed = theirs.get(symbol)
        if echoed is None:
            found.append(_item(f"leg {symbol}", "present", None))
            continue
        for key, what in (("action", "action"), ("quantity", "quantity")):
            if not _same_leg_value(key, leg, echoed):
                found.append(_item(f"{what} of {symbol}", leg.get(key), echoed.get(key)))
    return found


def _same_leg_value(key: str, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    if key == "action" and sent.get(key) in ("Buy", "Sell"):
        # For a future the broker decides whether it opens or closes.
        return str(shown.get(key, "")).startswith(str(sent[key]))
    return _same(sent.get(key), shown.get(key))


def _same(sent: Any, shown: Any) -> bool:
    if sent is None or shown in (None, "", "None"):
        return True
    try:
        return Decimal(str(sent)) == Decimal(str(shown))
    except ArithmeticError:
        return str(sent) == str(shown)


def _item(what: str, sent: Any, shown: Any) -> dict[str, str]:
    return {"what": what, "sent": str(sent or "—"), "shown": str(shown or "—")}
