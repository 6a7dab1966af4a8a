"""Every order sample: the calls make its requests, its answers are read without loss."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from brokerage.tastytrade import answers, enums, errors, wire
from brokerage.tastytrade.calls import Call, Safety
from brokerage.tastytrade.environments import PRODUCTION
from brokerage.tastytrade.payloads.balances import Balance
from brokerage.tastytrade.payloads.order_requests import (
    ComplexOrderRequest,
    LegRequest,
    OrderRequest,
)
from brokerage.tastytrade.payloads.orders import ComplexOrder, Order
from brokerage.tastytrade.payloads.positions import Position
from brokerage.tastytrade.resources import margin, orders

from .sampling import SAMPLES, losses, order_sample, same_request

NAMES = sorted(path.stem for path in (SAMPLES / "orders").glob("*.json"))
EXCHANGES = [name for name in NAMES if not name.startswith(("reference_", "request_", "streamer_"))]

Body = dict[str, Any]


def _order_call(method: str, path: list[str], body: Body) -> Call[Any]:
    """The resource function for a path below /accounts/{n}/orders or /complex-orders."""
    number, family, rest = path[1], path[2], path[3:]
    table: dict[tuple[str, str, str], Callable[[], Call[Any]]] = {
        ("orders", "POST", ""): lambda: orders.place(number, body),
        ("orders", "POST", "dry-run"): lambda: orders.dry_run(number, body),
        ("orders", "GET", ""): lambda: orders.search(number, start_date=date(2026, 11, 1)),
        ("orders", "GET", "live"): lambda: orders.list_live(number),
        ("orders", "GET", "id"): lambda: orders.get(number, int(rest[0])),
        ("orders", "PUT", "id"): lambda: orders.replace(number, int(rest[0]), body),
        ("orders", "PATCH", "id"): lambda: orders.edit(number, int(rest[0]), body),
        ("orders", "DELETE", "id"): lambda: orders.cancel(number, int(rest[0])),
        ("orders", "POST", "id/dry-run"): lambda: orders.replace_dry_run(
            number, int(rest[0]), body
        ),
        ("orders", "POST", "id/reconfirm"): lambda: orders.reconfirm(number, int(rest[0])),
        ("complex-orders", "POST", ""): lambda: orders.place_complex(number, body),
        ("complex-orders", "POST", "dry-run"): lambda: orders.dry_run_complex(number, body),
        ("complex-orders", "GET", ""): lambda: orders.list_complex(number),
        ("complex-orders", "GET", "live"): lambda: orders.list_complex_live(number),
        ("complex-orders", "GET", "id"): lambda: orders.get_complex(number, int(rest[0])),
        ("complex-orders", "DELETE", "id"): lambda: orders.cancel_complex(number, int(rest[0])),
    }
    place = "/".join("id" if part.isdigit() else part for part in rest)
    return table[(family, method, place)]()


def call_for(sample: dict[str, Any]) -> Call[Any]:
    request = sample["request"]
    path = request["path"].strip("/").split("/")
    body = request.get("body") or {}
    if path[0] == "margin":
        number = path[2]
        return (
            margin.requirements(number)
            if request["method"] == "GET"
            else margin.dry_run(number, body)
        )
    if path[0] == "customers":
        if path[-1] == "live":
            return orders.list_live_customer(["5WT00017", "5WT00025"])
        return orders.search_customer([], start_date=date(2026, 11, 1))
    if path[2] == "margin-requirements":
        return margin.effective_requirement(path[1], path[3])
    if path[2] == "position-limit":
        return margin.position_limit(path[1])
    return _order_call(request["method"], path, body)


def response_of(sample: dict[str, Any]) -> httpx.Response:
    answer = sample["response"]
    body = answer["body"]
    content = {"text": body} if isinstance(body, str) else {"json": body}
    return httpx.Response(answer["status"], headers=answer.get("headers"), **content)


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_call_makes_the_sample_s_request(name: str) -> None:
    sample = order_sample(name)
    call = call_for(sample)
    request = sample["request"]
    assert call.method == request["method"]
    # Queries are compared one by one below; bodies are the caller's.
    assert call.path == request["path"]
    if request.get("body"):
        assert call.body == request["body"]


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_answer_is_read_without_loss(name: str) -> None:
    sample = order_sample(name)
    call, response = call_for(sample), response_of(sample)
    if response.status_code >= 400:
        failure = answers.problem(call, response, PRODUCTION)
        assert isinstance(failure, errors.Refusal)
        assert failure.status == response.status_code
        return
    assert answers.problem(call, response, PRODUCTION) is None
    body = answers.decoded(response)
    parsed = call.parse(body)
    original = wire.data(body)
    if isinstance(original, dict) and "items" in original:
        original = original["items"]
    assert losses(parsed, original) == []


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("streamer_")])
def test_frames_are_read_without_loss(name: str) -> None:
    kinds = {
        "Order": Order,
        "ComplexOrder": ComplexOrder,
        "CurrentPosition": Position,
        "AccountBalance": Balance,
    }
    read = 0
    for frame in order_sample(name)["frames"]:
        found = frame.get("frame", frame)
        kind = kinds.get(found.get("type"))
        if kind is not None:
            assert losses(kind.read(found["data"]), found["data"]) == []
            read += 1
    assert read


def test_search_over_pages_and_filters() -> None:
    request = order_sample("list_orders_page_200")["request"]
    call = orders.search(
        "5WT00017",
        start_date=date(2026, 11, 1),
        statuses=["Filled", "Cancelled"],
        underlying_instrument_type="Equity",
        sort="Desc",
        per_page=2,
    ).with_query(page_offset=1)
    query = "&".join(f"{key}={value}" for key, value in request["query"])
    assert same_request(call, "GET", f"{request['path']}?{query}")


def test_what_changes_an_order_is_marked_so() -> None:
    body: Body = {"order-type": "Limit"}
    for call in (
        orders.place("5WT00001", body),
        orders.cancel("5WT00001", 1),
        orders.replace("5WT00001", 1, body),
        orders.edit("5WT00001", 1, body),
        orders.reconfirm("5WT00001", 1),
        orders.place_complex("5WT00001", body),
        orders.cancel_complex("5WT00001", 1),
        orders.edit_complex("5WT00001", 1, body),
    ):
        assert call.safety is Safety.SUBMIT
    for check in (
        orders.dry_run("5WT00001", body),
        orders.replace_dry_run("5WT00001", 1, body),
        orders.dry_run_complex("5WT00001", body),
        orders.edit_complex_dry_run("5WT00001", 1, body),
    ):
        assert check.safety is Safety.CHECK


def test_the_answer_to_a_replace_is_the_new_order() -> None:
    sample = order_sample("replace_put_200")
    parsed = call_for(sample).parse(sample["response"]["body"])
    assert parsed.id == sample["response"]["body"]["data"]["id"]
    assert parsed.replaces_order_id == int(sample["request"]["path"].rsplit("/", 1)[1])


def test_a_margin_failure_keeps_what_the_order_would_do() -> None:
    sample = order_sample("dry_run_margin_failure_422")
    failure = answers.problem(call_for(sample), response_of(sample), PRODUCTION)
    assert isinstance(failure, errors.PreflightFailed)
    assert failure.items[0].code == "margin_check_failed"
    assert failure.buying_power_effect.new_buying_power == Decimal("-15834.53")
    assert failure.buying_power_effect.change_in_buying_power == Decimal("-18245.08")


def test_a_conditional_order_keeps_its_rule() -> None:
    parsed = call_for(order_sample("place_conditional_201")).parse(
        order_sample("place_conditional_201")["response"]["body"]
    )
    rule = parsed.order.order_rule
    assert rule.conditions[0].threshold == Decimal("60.75")
    older = Order.read({"id": 1, "rules": {"conditions": [{"threshold": "1.5"}]}})
    assert older.order_rule and older.order_rule.conditions[0].threshold == Decimal("1.5")


def test_partial_fills_are_derived_and_unknown_statuses_stay() -> None:
    sample = order_sample("get_order_partially_filled_200")
    order = call_for(sample).parse(sample["response"]["body"])
    assert order.status == "Live" and order.is_partially_filled and not order.is_terminal
    odd = Order.read({"id": 2, "status": "Remove Pending"})
    assert odd.status == "Remove Pending" and not odd.is_terminal
    assert enums.phase(odd.status) == "unknown"


def test_status_phases_agree_with_the_machine() -> None:
    reference = order_sample("reference_status_machine")
    for row in reference["statuses"]:
        assert enums.phase(row["name"]) == row["phase"], row
        assert enums.is_terminal(row["name"]) is row["terminal"]
    for word in reference["tolerated-unknown"]:
        assert not enums.is_terminal(word)
    for alias, status in reference["aliases"].items():
        assert enums.canonical_status(alias) == status


# --- the bodies that we build ---

PUT_190 = LegRequest("Equity Option", "MSFT  261218P00170000", "Sell to Open", Decimal(1))


def _legs_from(rows: list[Body]) -> tuple[LegRequest, ...]:
    return tuple(
        LegRequest(
            row["instrument-type"],
            row["symbol"],
            row["action"],
            wire.number(row["quantity"]) if "quantity" in row else None,
        )
        for row in rows
    )


def _request_from(body: Body) -> OrderRequest:
    known = {wire.kebab(name): name for name in OrderRequest.__struct_fields__}
    values: Body = {known[key]: value for key, value in body.items() if key in known}
    values["legs"] = _legs_from(body.get("legs", []))
    for name in ("price", "stop_trigger", "value"):
        if name in values:
            values[name] = wire.number(values[name])
    if "gtc_date" in values:
        values["gtc_date"] = wire.day(values["gtc_date"])
    strict = body.get("advanced-instructions", {}).get("strict-position-effect-validation")
    return OrderRequest(**values, strict_position_effect_validation=strict)


def _same_body(ours: Any, theirs: Any) -> bool:
    """Equal JSON, whether numbers are spelled as text or not."""
    if isinstance(theirs, dict):
        return set(ours) == set(theirs) and all(_same_body(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same_body, ours, theirs))
    if isinstance(theirs, bool):
        return ours is theirs
    if isinstance(theirs, int | float):
        return Decimal(str(ours)) == Decimal(str(theirs))
    return ours == theirs


SINGLE = [
    name
    for name in NAMES
    if name.startswith("request_") and "orders" not in order_sample(name)["request"]["body"]
]


@pytest.mark.parametrize(
    "name", [n for n in SINGLE if n not in ("request_edit_pairs_threshold", "request_edit_patch")]
)
def test_an_order_request_spells_the_sample_s_body(name: str) -> None:
    body = order_sample(name)["request"]["body"]
    assert _same_body(_request_from(body).body(), body)


def test_a_bracket_request_spells_its_body() -> None:
    body = order_sample("request_otoco")["request"]["body"]
    request = ComplexOrderRequest(
        type="OTOCO",
        orders=tuple(_request_from(order) for order in body["orders"]),
        trigger_order=_request_from(body["trigger-order"]),
        source=body.get("source"),
    )
    assert _same_body(request.body(), body)


def test_prices_are_sent_as_plain_text_and_never_negative() -> None:
    order = OrderRequest("Limit", "Day", (PUT_190,), Decimal("1E+2"), "Credit")
    assert order.body()["price"] == "100"
    assert order.body()["legs"][0]["quantity"] == "1"
    with pytest.raises(ValueError, match="effect"):
        OrderRequest("Limit", "Day", (PUT_190,), Decimal("-1.15"), "Credit")
    with pytest.raises(ValueError, match="effect"):
        OrderRequest("Limit", "Day", (PUT_190,), Decimal("NaN"), "Credit")
