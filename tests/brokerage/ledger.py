"""A long history at the outer edge: pages of transactions as the broker serves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.brokerage.outer_broker import NUMBERS, Answer, OuterBroker, balance

FIRST = datetime(2025, 11, 4, 15, 0, tzinfo=UTC)


def transaction(number: int) -> dict[str, Any]:
    at = FIRST + timedelta(minutes=number % 100_000)
    return {
        "id": 500_000 + number,
        "account-number": NUMBERS[0],
        "transaction-type": "Money Movement",
        "transaction-sub-type": "Deposit" if number % 3 else "Fee",
        "description": f"Movement {number}",
        "value": "1.25",
        "value-effect": "Credit" if number % 3 else "Debit",
        "net-value": "1.25",
        "net-value-effect": "Credit" if number % 3 else "Debit",
        "executed-at": at.isoformat(),
        "transaction-date": at.date().isoformat(),
    }


class Ledger:
    """So many transactions of the first account, served in pages; `cash` is their sum."""

    def __init__(self, broker: OuterBroker, rows: int) -> None:
        self.broker = broker
        self.rows = [transaction(number) for number in range(rows)]
        self.fail_at: int | None = None
        broker.answers[("GET", f"/accounts/{NUMBERS[0]}/transactions")] = self.answer
        self.cash = sum(125 if number % 3 else -125 for number in range(rows)) / 100
        stated = balance(NUMBERS[0], **{"cash-balance": str(self.cash)})
        broker.set(f"/accounts/{NUMBERS[0]}/balances/USD", stated)

    def answer(self) -> Answer:
        query = self.broker.calls[-1][2]
        offset = int(query["page-offset"][0])
        if self.fail_at == offset:
            self.fail_at = None
            return 422, {"error": {"code": "not_now", "message": "no"}}
        return page(self.rows, query)


class OrderBook:
    """Orders of the first account, oldest first, served in pages."""

    def __init__(self, broker: OuterBroker, rows: list[dict[str, Any]]) -> None:
        self.broker, self.rows = broker, rows
        broker.answers[("GET", f"/accounts/{NUMBERS[0]}/orders")] = self.answer

    def answer(self) -> Answer:
        return page(self.rows, self.broker.calls[-1][2])


def page(rows: list[dict[str, Any]], query: dict[str, list[str]]) -> Answer:
    """The page of the rows (oldest first) that a query asks for."""
    size, offset = int(query["per-page"][0]), int(query["page-offset"][0])
    ordered = rows if query.get("sort") == ["Asc"] else rows[::-1]
    chosen = ordered[offset * size : (offset + 1) * size]
    block = {
        "per-page": size,
        "page-offset": offset,
        "total-items": len(rows),
        "total-pages": -(-len(rows) // size),
        "current-item-count": len(chosen),
    }
    return 200, {"data": {"items": chosen}, "pagination": block}
