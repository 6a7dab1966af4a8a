"""Reading the body of a complex order: structure alone, each failure named by its member."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulator.http import ApiError, invalid
from simulator.orders.request import MISSING, WRONG, OrderRequest, Reader, read_order

TYPES = ("OTO", "OCO", "OTOCO", "PAIRS")
TRIGGERED = ("OTO", "OTOCO")
SIZES = {"OTO": (1, 3), "OCO": (2, 2), "OTOCO": (2, 2), "PAIRS": (2, 2)}
COMPARATORS = ("gte", "lte")


@dataclass(slots=True)
class ComplexRequest:
    """A complex order whose structure is right."""

    type: str
    orders: list[OrderRequest]
    trigger: OrderRequest | None = None
    source: str | None = None
    comparator: str | None = None
    threshold: Decimal | None = None
    notional: bool = False
    raw: dict[str, Any] = field(default_factory=dict)


def read_complex(body: dict[str, Any]) -> ComplexRequest:
    """Structure of a complex order; raises the 400 that names every failure."""
    reader = Reader(body)
    kind = reader.one_of("type", TYPES) or ""
    request = ComplexRequest(
        type=kind,
        orders=_members(reader, kind),
        trigger=_trigger(reader, kind),
        source=reader.string("source"),
        raw=body,
    )
    if kind == "PAIRS":
        _ratio(reader, request, needed=True)
    if reader.failures:
        raise invalid(*reader.failures)
    return request


def read_ratio(body: dict[str, Any]) -> ComplexRequest:
    """The part of a pair that may be edited: threshold and comparator."""
    reader = Reader(body)
    request = ComplexRequest("PAIRS", [])
    _ratio(reader, request, needed=False)
    if request.threshold is None and request.comparator is None and not reader.failures:
        reader.fail("ratio-price-threshold", MISSING)
    if reader.failures:
        raise invalid(*reader.failures)
    return request


def _ratio(reader: Reader, request: ComplexRequest, needed: bool) -> None:
    request.comparator = reader.one_of("ratio-price-comparator", COMPARATORS, required=needed)
    request.threshold = reader.decimal("ratio-price-threshold")
    request.notional = reader.flag("ratio-price-is-threshold-based-on-notional")
    given = reader.body.get("ratio-price-threshold") not in (None, "")
    if request.threshold is None and needed and not given:
        reader.fail("ratio-price-threshold", MISSING)
    if request.threshold is not None and request.threshold <= 0:
        reader.fail("ratio-price-threshold", "must be greater than 0")


def _members(reader: Reader, kind: str) -> list[OrderRequest]:
    raw = reader.body.get("orders")
    if not isinstance(raw, list) or not raw:
        reader.fail("orders", WRONG if raw else MISSING)
        return []
    least, most = SIZES.get(kind, (1, 4))
    if not least <= len(raw) <= most:
        wanted = str(most) if least == most else f"between {least} and {most}"
        reader.fail("orders", f"size must be {wanted}")
        return []
    found = [_member(reader, f"orders[{index}]", one) for index, one in enumerate(raw)]
    return [one for one in found if one is not None]


def _trigger(reader: Reader, kind: str) -> OrderRequest | None:
    raw = reader.body.get("trigger-order")
    if kind in TRIGGERED and raw is None:
        reader.fail("trigger-order", MISSING)
    elif kind in TRIGGERED:
        return _member(reader, "trigger-order", raw)
    elif kind and raw is not None:
        reader.fail("trigger-order", f"is not part of {kind}")
    return None


def _member(reader: Reader, name: str, raw: Any) -> OrderRequest | None:
    if not isinstance(raw, dict):
        reader.fail(name, WRONG)
        return None
    try:
        return read_order(raw)
    except ApiError as refused:
        for item in refused.errors or ():
            reader.fail(f"{name}.{item['domain']}", item["reason"])
    return None
