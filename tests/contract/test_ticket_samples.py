"""Every request sample is made with the forms and sent JSON-equal; every error is at its place.

The ticket is opened with a sample's values, read as a browser reads it (only what the page offers
is sent), previewed and confirmed. The broker at the outer edge writes down what arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage import clock, market
from brokerage.enums import SyncKind
from brokerage.models import Account, Connection, Instrument, Order, OrderLeg, Position
from portfolio.live.hub import hub
from portfolio.ticket import values as ticket_values
from tests.brokerage.conftest import _clean_valkey, connection, queued, user  # noqa: F401
from tests.brokerage.execution.conftest import (  # noqa: F401
    OrderBroker,
    _new_boot,
    power,
    regular_session,
)
from tests.brokerage.outer_broker import Answer
from tests.contract.browser_form import read_form
from tests.contract.sampling import SAMPLES, order_sample
from tests.portfolio import factories

pytestmark = pytest.mark.django_db

NUMBER = "5WT00017"
# The samples' own day: their dates lie behind or ahead of it as meant.
SAMPLE_NOW = datetime(2026, 11, 19, 14, 45, tzinfo=UTC)
UNCOMPARED = {"external-identifier", "source", "automated-source", "advanced-instructions"}
NAMES = sorted(path.stem for path in (SAMPLES / "orders").glob("*.json"))


def _kind(name: str) -> str:
    request = order_sample(name).get("request") or {}
    path = request.get("path", "")
    if request.get("method") == "POST" and "body" in request and "margin" not in path:
        return "change" if path.count("/") > 4 else "new"
    return "change" if request.get("method") in ("PUT", "PATCH") else ""


MADE = [
    name
    for name in NAMES
    if name.startswith(("request_", "place_", "dry_run_"))
    and _kind(name) == "new"
    and name != "place_oco_bad_combo_422"
]
CHANGES = [name for name in NAMES if name.startswith(("request_", "dry_run_", "replace_", "edit_"))]
CHANGES = [name for name in CHANGES if _kind(name) == "change"]
ERRORS = [name for name in NAMES if name.startswith("error_") or name.endswith("_422")]


class SampleBroker(OrderBroker):
    """Writes down every body that arrives; `refusal` answers the next dry run instead."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[str, str, dict[str, Any]]] = []
        self.refusal: Answer | None = None
        self.accounts(NUMBER)

    def answer(self, method: str, path: str, body: dict[str, Any], bearer: str) -> Answer:
        orders = re.fullmatch(rf"/accounts/{NUMBER}/(complex-)?orders(/\d+)?(/dry-run)?", path)
        if orders is None or method == "GET":
            return super().answer(method, path, body, bearer)
        self.bodies.append((method, path, body))
        if orders[3] and self.refusal is not None:
            return self.refusal
        if orders[1]:
            return self._group(body, placed=not orders[3])
        if method in ("PUT", "PATCH"):
            return 200, {"data": self.keep(self._old() | body), "context": path}
        return self.check(body) if orders[3] else self.take(body | {"account-number": NUMBER})

    def _old(self) -> dict[str, Any]:
        return {"account-number": NUMBER, "legs": [], "replaces-order-id": 1412003}

    def check(self, body: dict[str, Any]) -> Answer:
        return super().check({"legs": []} | body)

    def _group(self, body: dict[str, Any], *, placed: bool) -> Answer:
        group: dict[str, Any] = {"account-number": NUMBER, "type": body.get("type", "PAIRS")}
        wanted = body.get("orders", [])
        group["orders"] = [self._member(order, placed) for order in wanted]
        if body.get("trigger-order"):
            group["trigger-order"] = self._member(body["trigger-order"], placed)
        if placed:
            group["id"] = 77104
        data = {"complex-order": group, "warnings": [], "buying-power-effect": power("912.008")}
        return 201, {"data": data, "context": "complex-orders"}

    def _member(self, order: dict[str, Any], placed: bool) -> dict[str, Any]:
        if placed:
            return self.keep(order | {"account-number": NUMBER}, status="Contingent")
        return order | {"status": "Contingent", "updated-at": 0}

    def last(self, ending: str) -> dict[str, Any]:
        """The body of the latest request whose path ends so."""
        return next(body for _, path, body in reversed(self.bodies) if path.endswith(ending))


@pytest.fixture
def broker(settings: Any) -> Iterator[SampleBroker]:
    outer = SampleBroker()
    settings.SIMULATOR_URL = outer.url
    yield outer
    outer.close()


@pytest.fixture(autouse=True)
def _samples_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The market's clock stands where the samples stand, whatever day the tests run on."""
    monkeypatch.setattr(clock, "market_now", lambda _connection: SAMPLE_NOW)
    hub._snapshots.clear()


@pytest.fixture
def account(connection: Connection) -> Account:  # noqa: F811
    found = Account.objects.get(number=NUMBER)
    _mirror(found, connection)
    return found


@pytest.fixture
def desk(user: Any, account: Account) -> Client:  # noqa: F811
    client = Client()
    client.force_login(user)
    return client


EQUITIES = {"MSFT": "182.40", "KO": "61.05", "PEP": "151.10"}
COINS = {"BTC/USD": "64210.50"}
HELD = {"MSFT": ("Equity", "10"), "KO": ("Equity", "20")} | {
    "MSFT  261218P00170000": ("Equity Option", "-1")
}


def _mirror(account: Account, connection: Connection) -> None:  # noqa: F811
    """What the desk knows of the samples' instruments, positions and prices."""
    for symbol in EQUITIES:
        _instrument("Equity", symbol, tick_sizes=[{"value": "0.01"}])
    for symbol in COINS:
        _instrument("Cryptocurrency", symbol, tick_sizes=[{"value": "0.01"}])
    _instrument("Future", "/ESZ6", tick_sizes=[{"value": "0.25"}], streamer_symbol="/ESZ26:XCME")
    for symbol in _symbols():
        kind = "Future Option" if symbol.startswith("./") else "Equity Option"
        root = "/ESZ6" if kind == "Future Option" else symbol[:6].strip()
        tick = [{"value": "0.05"}]
        _instrument(kind, symbol, underlying_symbol=root, tick_sizes=tick, multiplier=100)
    for symbol, (kind, quantity) in HELD.items():
        _hold(account, symbol, kind, Decimal(quantity))
    connection.synced_at = {SyncKind.POSITIONS: timezone.now().isoformat()}
    connection.save()
    factories.publish(
        connection,
        {
            symbol: market.Cells(quote=factories.quote(float(price) - 0.01, float(price) + 0.01))
            for symbol, price in (EQUITIES | COINS).items()
        },
    )


def _symbols() -> set[str]:
    """Option symbols of all requests."""
    text = json.dumps([order_sample(name) for name in (*MADE, *ERRORS)])
    return set(re.findall(r'"symbol": "([A-Z]+ +\d{6}[CP]\d{8}|\./[^"]+)"', text))


def _instrument(kind: str, symbol: str, **facts: Any) -> None:
    values = {"streamer_symbol": symbol, "underlying_symbol": symbol, "active": True} | facts
    Instrument.objects.create(
        environment="simulator",
        instrument_type=kind,
        symbol=symbol,
        received_at=timezone.now(),
        raw={"is-fractional-quantity-eligible": True},
        **values,
    )


def _hold(account: Account, symbol: str, kind: str, quantity: Decimal) -> None:
    Position.objects.create(
        account=account,
        symbol=symbol,
        instrument_type=kind,
        underlying_symbol=symbol[:6].strip(),
        quantity=quantity,
        quantity_direction="Long" if quantity > 0 else "Short",
        multiplier=1,
        received_at=timezone.now(),
    )


def html(response: Any) -> str:
    return unescape(response.content.decode())


def plain(body: Any) -> Any:
    """The body without the keys that are the desk's own; numbers by value, not by spelling."""
    if isinstance(body, dict):
        return {key: plain(value) for key, value in body.items() if key not in UNCOMPARED}
    if isinstance(body, list):
        return [plain(item) for item in body]
    return body


def filled_in(desk: Client, account: Account, body: dict[str, Any]) -> dict[str, str]:
    """What the browser sends once the sample's values are in the form."""
    values = ticket_values.values_of(account, body)
    response = desk.get("/trade/", values)
    assert response.status_code == 200
    form = read_form(html(response), "ticket-form")
    form.values.pop("csrfmiddlewaretoken", None)
    return form.values


# --- requests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MADE)
def test_the_sample_is_made_with_the_form(
    name: str, desk: Client, account: Account, broker: SampleBroker
) -> None:
    request = order_sample(name)["request"]
    if name == "request_equity_short_sale":
        Position.objects.filter(symbol="KO").delete()
    posted = filled_in(desk, account, request["body"])
    shown = desk.post("/trade/preview/", posted)
    assert shown.status_code == 200, _errors(html(shown))
    path = request["path"].removesuffix("/dry-run")
    looked_at = broker.last(f"{path}/dry-run")
    assert plain(looked_at) == plain(request["body"])
    confirm = read_form(html(shown), "confirm-form").values
    assert desk.post("/trade/submit/", confirm).status_code == 302
    sent = broker.last(path)
    assert plain(sent) == plain(request["body"])
    assert _identifiers(sent)
    assert _is_strict(looked_at) and _is_strict(sent)


def _identifiers(body: dict[str, Any]) -> list[str]:
    """Our identifier is in every order that is placed."""
    orders = [*body.get("orders", []), *filter(None, [body.get("trigger-order")])] or [body]
    found = [order.get("external-identifier") for order in orders]
    assert all(found) and len(set(found)) == len(found)
    return found


def _is_strict(body: dict[str, Any]) -> bool:
    """Every order with a closing leg asks for the strict validation of its position effect."""
    orders = [*body.get("orders", []), *filter(None, [body.get("trigger-order")])] or [body]
    closing = [
        order for order in orders if any(leg["action"].endswith("Close") for leg in order["legs"])
    ]
    strict = {"strict-position-effect-validation": True}
    return all(order.get("advanced-instructions") == strict for order in closing)


# --- changes ------------------------------------------------------------------------------------

EDITS_OF_PRICE = ("request_edit_patch", "edit_patch_200")


def _working(account: Account, **facts: Any) -> Order:
    """The order that the samples change, as it stands at the broker and in the mirror."""
    order = Order.objects.create(
        account=account,
        status="Live",
        order_type="Limit",
        time_in_force="Day",
        size=10,
        price="182.40",
        price_effect="Debit",
        underlying_symbol="MSFT",
        cancellable=True,
        editable=True,
        received_at=timezone.now(),
        mirrored_at=timezone.now(),
        **facts,
    )
    OrderLeg.objects.create(
        order=order,
        position=0,
        instrument_type="Equity",
        symbol="MSFT",
        action="Buy to Open",
        quantity=10,
        remaining_quantity=10,
    )
    return order


def _stands(broker: SampleBroker) -> None:
    body = VALID | {"account-number": NUMBER}
    broker.keep(body, id=1412003, status="Live", editable=True)


@pytest.mark.parametrize("name", [name for name in CHANGES if name not in EDITS_OF_PRICE])
def test_a_change_is_made_with_its_form(
    name: str, desk: Client, account: Account, broker: SampleBroker
) -> None:
    request = order_sample(name)["request"]
    if "complex-orders" in request["path"]:
        _change_ratio(desk, account, broker, request)
        return
    _stands(broker)
    order = _working(account, broker_id=1412003)
    page = f"/orders/{order.pk}/replace/"
    form = read_form(html(desk.get(page)), "order-change").values
    assert form["price"] == "182.40"
    shown = desk.post(page, form | {"price": request["body"]["price"]})
    path = f"/accounts/{NUMBER}/orders/1412003"
    wanted = {key: value for key, value in request["body"].items() if key != "legs"}
    looked_at = plain(broker.last(f"{path}/dry-run"))
    assert {key: value for key, value in looked_at.items() if key != "legs"} == wanted
    desk.post(f"{page}send/", read_form(html(shown), "confirm-form").values)
    assert broker.bodies[-1][:2] == ("PUT", path)
    # A replacement keeps its legs: with or without them it is the same request.
    sent = plain(broker.bodies[-1][2])
    assert {key: value for key, value in sent.items() if key != "legs"} == wanted


@pytest.mark.parametrize("name", EDITS_OF_PRICE)
def test_a_nudge_sends_the_changed_keys_alone(
    name: str, desk: Client, account: Account, broker: SampleBroker
) -> None:
    body = order_sample(name)["request"]["body"]
    _stands(broker)
    order = _working(account, broker_id=1412003)
    ticks = int((Decimal(body["price"]) - Decimal("182.95")) / Decimal("0.01"))
    Order.objects.filter(pk=order.pk).update(price="182.95")
    broker.ledger[-1]["price"] = "182.95"
    shown = desk.post(f"/orders/{order.pk}/nudge/", {"ticks": str(ticks)})
    confirm = read_form(html(shown), "confirm-form").values
    desk.post(f"/orders/{order.pk}/replace/send/", confirm)
    method, path, sent = broker.bodies[-1]
    assert (method, path) == ("PATCH", f"/accounts/{NUMBER}/orders/1412003")
    assert plain(sent) == plain(body)


def _change_ratio(
    desk: Client, account: Account, broker: SampleBroker, request: dict[str, Any]
) -> None:
    pair = order_sample("request_pairs")["request"]["body"]
    members = [
        order | {"id": 1 + n, "status": "Contingent"} for n, order in enumerate(pair["orders"])
    ]
    group = pair | {"id": 77104, "account-number": NUMBER, "orders": members}
    broker.set(f"/accounts/{NUMBER}/complex-orders/77104", group)
    order = _working(account, broker_id=1, complex_order_id=77104, complex_order_tag="PAIRS::order")
    page = f"/orders/{order.pk}/ratio/"
    form = read_form(html(desk.get(page)), "ratio-form").values
    body = request["body"]
    form |= {name.replace("-", "_"): value for name, value in body.items()}
    shown = desk.post(page, form)
    assert plain(broker.last("/complex-orders/77104/dry-run")) == body, html(shown)
    desk.post(f"{page}send/", read_form(html(shown), "confirm-form").values)
    assert broker.bodies[-1] == ("PATCH", request["path"], body)


# --- errors -------------------------------------------------------------------------------------

VALID = order_sample("request_equity_limit_day")["request"]["body"]
VERTICAL = order_sample("request_option_credit_vertical")["request"]["body"]
CLOSE = order_sample("dry_run_equity_sell_to_close_201")["request"]["body"]
MARKET = order_sample("request_equity_market_day")["request"]["body"]
FUTURE = order_sample("request_future_outright_buy")["request"]["body"]
OCO = order_sample("request_oco")["request"]["body"]
# Which order meets the error, and the field it belongs to; the ticket as a whole where none is.
PLACES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "error_422_buy_and_sell_same_symbol": (VERTICAL, ("leg-1-strike",)),
    "error_422_cant_buy_for_credit": (VERTICAL, ("price_effect",)),
    "error_422_futures_session": (FUTURE, ("",)),
    "error_422_gtc_market": (VALID, ("time_in_force",)),
    "error_422_instrument": (VERTICAL, ("leg-0-strike",)),
    "error_422_market_closed": (MARKET, ("order_type",)),
    "error_422_omit_price": (VALID, ("price",)),
    "error_422_second_closing_order": (CLOSE, ("leg-0-quantity",)),
    "error_422_two_preflight_failures": (VALID, ("time_in_force", "")),
    "dry_run_margin_failure_422": (MARKET, ("",)),
    "place_oco_bad_combo_422": (OCO, ("order_type",)),
}
# Refusals of other things than an order: cancelled, reconfirmed.
NOT_THE_TICKETS = {"cancel_terminal_422", "reconfirm_422"}


def _errors(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", " ", item) for item in re.findall(r"field__error.*?</p>", text)]


def _at(text: str, field: str) -> str:
    """What stands at a field; with no field, in the ticket's alerts."""
    if field:
        found = re.findall(rf'id="id_{field}_error"[^>]*>(.*?)</div>', text, re.DOTALL)
    else:
        found = re.findall(r'role="alert".*?</div></div>', text, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", " ".join(found))


def _messages(body: Any) -> list[str]:
    error = body["error"]
    return [item["message"] for item in error.get("errors") or [error]]


@pytest.mark.parametrize("name", [name for name in ERRORS if name not in NOT_THE_TICKETS])
def test_an_error_is_shown_at_its_place(
    name: str, desk: Client, account: Account, broker: SampleBroker
) -> None:
    sample = order_sample(name)
    body, fields = PLACES.get(name, (VALID, ("",)))
    posted = filled_in(desk, account, body)
    answer = sample["response"]
    broker.refusal = (answer["status"], answer["body"])
    response = desk.post("/trade/preview/", posted)
    text = html(response)
    assert response.status_code == 422
    shown = [_at(text, field) for field in fields]
    assert all(item.strip() for item in shown), (fields, _errors(text), _at(text, ""))
    if isinstance(answer["body"], dict) and "errors" in answer["body"]["error"]:
        for message, place in zip(_messages(answer["body"]), shown, strict=True):
            assert message in place
    assert 'id="ticket-send"' not in text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("error_422_cant_buy_for_credit", "price_effect"),
        ("error_422_gtc_market", "time_in_force"),
        ("error_422_omit_price", "price"),
        ("error_422_buy_and_sell_same_symbol", ""),
        ("place_oco_bad_combo_422", "o1-order_type"),
    ],
)
def test_what_the_broker_would_refuse_is_not_even_offered(
    name: str, why: str, desk: Client, account: Account, broker: SampleBroker
) -> None:
    """The form has no such field or choice; or our own check stops it before the broker does."""
    body = order_sample(name)["request"]["body"]
    posted = filled_in(desk, account, body)
    response = desk.post("/trade/preview/", posted)
    if response.status_code == 200:
        assert plain(broker.bodies[-1][2]) != plain(body)
        wanted = str(body.get(why.replace("_", "-"), ""))
        assert posted.get(why, "") != wanted or not wanted
    else:
        assert broker.bodies == []
        assert _errors(html(response)) or _at(html(response), "")


def test_a_lost_gateway_on_sending_is_unknown_and_never_failed(
    desk: Client, account: Account, broker: SampleBroker
) -> None:
    answer = order_sample("error_502_html_on_post")["response"]
    shown = desk.post("/trade/preview/", filled_in(desk, account, VALID))
    broker.take = lambda _body: (answer["status"], answer["body"])  # type: ignore[method-assign]
    sent = desk.post("/trade/submit/", read_form(html(shown), "confirm-form").values)
    text = html(desk.get(sent["Location"]))
    assert "Sent, checking" in text and "Unknown – checking" in text
    assert len([path for _, path, _ in broker.bodies if path.endswith("/orders")]) == 1
