"""The broker's refusals, put where a person can mend them: at the field of the ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from brokerage.execution.check_facts import Finding, leg_field, order_field
from brokerage.execution.commands import Submission, SubmitOrder
from brokerage.execution.jsonable import plain
from brokerage.tastytrade.errors import TastytradeError

# Known codes say which field they are about; an unknown code stands at the order as a whole.
_FIELD_OF_CODE = {
    "cant_buy_for_credit": "price_effect",
    "cant_sell_for_debit": "price_effect",
    "order_must_omit_price": "price",
    "gtc_market_orders_not_supported": "time_in_force",
    "tif_market_orders_not_supported": "time_in_force",
    "tif_no_after_hours_orders": "time_in_force",
    "tif_no_after_hours_market_orders": "order_type",
    "tif_no_after_hours_opening_market_orders": "order_type",
    "fractional_market_orders_only": "leg-0-quantity",
    "illegal_buy_and_sell_on_same_symbol": "leg-1-symbol",
    "invalid_oco_order_type_combo": "order_type",
    "closing_with_no_position": "leg-0-action",
    "cannot_sell_to_open_against_long": "leg-0-action",
    "cannot_buy_to_open_against_short": "leg-0-action",
    "cannot_close_against_more_than_existing_position": "leg-0-quantity",
}
_MEMBER_PATH = re.compile(r"(?:trigger-order|orders\[(\d+)\])\.(.+)$")
_LEG_PATH = re.compile(r"legs\W*(\d+)\W+([a-z-]+)$")
_PLAIN_FIELDS = {
    "price",
    "price-effect",
    "stop-trigger",
    "order-type",
    "time-in-force",
    "gtc-date",
    "value",
    "value-effect",
}


def findings(error: TastytradeError, command: Submission) -> list[Finding]:
    """One finding per item of the answer, in the broker's words; the message when there is none."""
    items = [
        _finding(
            item.field, item.code, item.text or str(item.code or ""), item.preflight_id, command
        )
        for item in error.items
    ]
    return items or [Finding("", error.message or str(error))]


def blocking(data: Mapping[str, Any], command: Submission) -> list[Finding]:
    """Findings that a dry run answered with success lists under `errors` all the same."""
    return [
        _finding(item.get("domain"), item.get("code"), text, item.get("preflight-id"), command)
        for item in data.get("errors") or ()
        if (text := str(item.get("message") or item.get("reason") or item.get("code") or ""))
    ]


def _finding(
    path: str | None, code: str | None, text: str, member: int | None, command: Submission
) -> Finding:
    """At the field of the order it is about; the broker numbers the orders of a group."""
    if member is None:
        member, path = _member_in(path or "", command)
    index = member if 0 <= member < len(command.orders) else 0
    return Finding(order_field(index, _field(path, code, text, command.orders[index])), text)


def _member_in(path: str, command: Submission) -> tuple[int, str]:
    """Which order of a group a path of the body is in, and the path within that order."""
    found = _MEMBER_PATH.match(path)
    if found is None or len(command.orders) == 1:
        return 0, path
    if found[1] is None:
        return 0, found[2]
    trigger = 1 if getattr(command, "trigger_order", None) is not None else 0
    return int(found[1]) + trigger, found[2]


def answer_of(error: TastytradeError) -> dict[str, Any]:
    """The data that came along with a refusal (a margin failure carries its buying power)."""
    data = error.raw.get("data") if isinstance(error.raw, dict) else None
    return plain(data) if isinstance(data, dict) else {}


def words(error: TastytradeError) -> str:
    """What the broker said, whole: its message and the texts of its items."""
    texts = [item.text for item in error.items if item.text]
    return " ".join(texts) or error.message or f"HTTP {error.status}"


def evidence(error: TastytradeError) -> dict[str, Any]:
    """What is kept of a failed command: no request, no secret."""
    return {
        "kind": type(error).__name__,
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "items": [
            {"field": item.field, "code": item.code, "text": item.text} for item in error.items
        ],
    }


def _field(path: str | None, code: str | None, text: str, order: SubmitOrder) -> str:
    if code == "instrument_validation_failed":
        return _leg_named_in(text, order.legs)
    if code in _FIELD_OF_CODE:
        where = _FIELD_OF_CODE[code]
        return where if where != "leg-1-symbol" or len(order.legs) > 1 else "leg-0-symbol"
    return _field_of_path(path or "")


def _leg_named_in(text: str, legs: Iterable[object]) -> str:
    for index, leg in enumerate(legs):
        if getattr(leg, "symbol", "\0") in text:
            return leg_field(index, "symbol")
    return leg_field(0, "symbol")


def _field_of_path(path: str) -> str:
    leg = _LEG_PATH.search(path)
    if leg:
        return leg_field(int(leg[1]), leg[2].replace("-", "_"))
    last = path.rpartition(".")[2]
    if path.startswith("rules"):
        return "rules"
    if last.startswith("ratio-price-"):
        return last.replace("ratio-price-", "ratio_")
    return last.replace("-", "_") if last in _PLAIN_FIELDS else ""
