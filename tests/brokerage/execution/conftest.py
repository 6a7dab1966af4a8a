"""A broker that takes orders, with answers that can be lost, late or different."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokerage.execution import boot
from brokerage.execution.commands import OrderLeg, SubmitOrder
from brokerage.models import Account, Instrument
from tests.brokerage.outer_broker import Answer, OuterBroker, error

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class DropAnswer(Exception):
    """The broker did its work, and the connection breaks before the answer."""


class OrderBroker(OuterBroker):
    """Keeps a ledger of orders; `on_place` decides what one placement comes to."""

    def __init__(self) -> None:
        self.ledger: list[dict[str, Any]] = []
        self.posts = 0
        self.dry_runs: list[dict[str, Any]] = []
        self.deletes: list[int] = []
        self.on_place: Callable[[dict[str, Any]], Answer] = self.take
        self.on_dry_run: Callable[[dict[str, Any]], Answer] = self.check
        self.on_delete: Callable[[dict[str, Any]], Answer] = self.take_back
        self.on_replace: Callable[[dict[str, Any], dict[str, Any]], Answer] = self.take_change
        self.echo_identifier = True
        self.reads_fail = False
        self._ids = itertools.count(1412003)
        self._ledger_lock = threading.Lock()
        super().__init__()
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def answer(self, method: str, path: str, body: dict[str, Any], bearer: str) -> Answer:
        parts = path.strip("/").split("/")
        if len(parts) < 3 or parts[0] != "accounts" or parts[2] != "orders":
            return super().answer(method, path, body, bearer)
        rest = parts[3:]
        if method in ("PUT", "PATCH"):
            return self.on_replace(self._order(int(rest[0])), body)
        if method == "POST" and rest[-1:] == ["dry-run"]:
            self.dry_runs.append(body)
            return self.on_dry_run(body)
        if method == "POST" and not rest:
            with self._ledger_lock:
                self.posts += 1
            return self.on_place(body | {"account-number": parts[1]})
        if method == "DELETE":
            self.deletes.append(int(rest[0]))
            return self.on_delete(self._order(int(rest[0])))
        return self._read(rest)

    def _read(self, rest: list[str]) -> Answer:
        if self.reads_fail:
            # No read repeats this one, so the test need not wait.
            return error(403, "not_permitted")
        if rest in ([], ["live"]):
            return 200, {"data": {"items": self._shown()}, "context": "orders"}
        return 200, {"data": self._order(int(rest[0])), "context": "order"}

    def _shown(self) -> list[dict[str, Any]]:
        if self.echo_identifier:
            return self.ledger[::-1]
        hidden = {"external-identifier"}
        return [
            {key: value for key, value in order.items() if key not in hidden}
            for order in self.ledger[::-1]
        ]

    def _order(self, order_id: int) -> dict[str, Any]:
        return next(order for order in self.ledger if order["id"] == order_id)

    # --- what a call may come to ---

    def keep(self, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Book the order as the broker would."""
        now = datetime.now(UTC)
        order = {
            "id": next(self._ids),
            "status": "Routed",
            "size": 10,
            "cancellable": True,
            "editable": True,
            "edited": False,
            "underlying-symbol": "AAPL",
            "underlying-instrument-type": "Equity",
            "received-at": now.isoformat(timespec="milliseconds"),
            "updated-at": int(now.timestamp() * 1000),
            **body,
            "legs": [
                leg | {"remaining-quantity": leg.get("quantity", 0), "fills": []}
                for leg in body["legs"]
            ],
            **changes,
        }
        order.pop("advanced-instructions", None)
        with self._ledger_lock:
            self.ledger.append(order)
        return order

    def take(self, body: dict[str, Any]) -> Answer:
        return 201, {"data": {"order": self.keep(body), "warnings": []}, "context": "orders"}

    def take_and_drop(self, body: dict[str, Any]) -> Answer:
        self.keep(body)
        raise DropAnswer

    def drop(self, _body: dict[str, Any]) -> Answer:
        raise DropAnswer

    def check(self, body: dict[str, Any]) -> Answer:
        order = body | {"status": "Received", "updated-at": 0, "size": 10}
        fees = {
            "commission": "0.0",
            "commission-effect": "None",
            "clearing-fees": "0.008",
            "clearing-fees-effect": "Debit",
            "regulatory-fees": "0.0",
            "regulatory-fees-effect": "None",
            "total-fees": "0.008",
            "total-fees-effect": "Debit",
        }
        data = {
            "order": order,
            "warnings": [],
            "buying-power-effect": power("1147.008"),
            "fee-calculation": fees,
        }
        return 201, {"data": data, "context": "dry-run"}

    def take_change(self, old: dict[str, Any], body: dict[str, Any]) -> Answer:
        """The old order waits for its cancellation, the new one for the old one's end."""
        kept = {key: old[key] for key in ("account-number", "order-type", "time-in-force")}
        kept["legs"] = [
            {k: v for k, v in leg.items() if k not in ("remaining-quantity", "fills")}
            for leg in old["legs"]
        ]
        new = self.keep(
            {**kept, **body},
            status="Contingent",
            **{"contingent-status": "Pending Order", "replaces-order-id": old["id"]},
        )
        old |= {"status": "Replace Requested", "editable": False, "replacing-order-id": new["id"]}
        old["updated-at"] = new["updated-at"] + 1
        return 200, {"data": new, "context": "order"}

    def take_back(self, order: dict[str, Any]) -> Answer:
        order |= {"status": "Cancel Requested", "updated-at": int(time.time() * 1000)}
        return 200, {"data": order, "context": "order"}


def power(change: str, left: str = "23852.992", effect: str = "Credit") -> dict[str, Any]:
    return {
        "change-in-buying-power": change,
        "change-in-buying-power-effect": "Debit",
        "current-buying-power": "25000.0",
        "current-buying-power-effect": "Credit",
        "new-buying-power": left,
        "new-buying-power-effect": effect,
    }


@pytest.fixture
def broker(settings: Any) -> Iterator[OrderBroker]:
    outer = OrderBroker()
    settings.SIMULATOR_URL = outer.url
    settings.RECONCILE_WINDOW_SECONDS = 0.3
    yield outer
    outer.close()


@pytest.fixture(autouse=True)
def _new_boot() -> Iterator[None]:
    yield
    boot.client().delete(boot.KEY)


@pytest.fixture
def apple(db: None) -> Instrument:
    return Instrument.objects.create(
        environment="simulator",
        instrument_type="Equity",
        symbol="AAPL",
        streamer_symbol="AAPL",
        tick_sizes=[{"value": "0.01"}],
        active=True,
        received_at=timezone.now(),
        raw={},
    )


@pytest.fixture(autouse=True)
def regular_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock of the machine must not decide whether these tests pass."""
    from brokerage import clock

    real = clock.session

    def open_session(connection: Any) -> Any:
        from dataclasses import replace

        return replace(real(connection), label=clock.REGULAR)

    monkeypatch.setattr(clock, "session", open_session)


@pytest.fixture
def order(apple: Instrument) -> SubmitOrder:
    return SubmitOrder(
        order_type="Limit",
        time_in_force="Day",
        legs=(OrderLeg("Equity", "AAPL", "Buy to Open", Decimal(10)),),
        price=Decimal("229.40"),
        price_effect="Debit",
    )


def ledger_of(broker: OrderBroker, account: Account) -> list[str]:
    """External identifiers of what stands at the broker."""
    return [
        row["external-identifier"]
        for row in broker.ledger
        if row["account-number"] == account.number
    ]
