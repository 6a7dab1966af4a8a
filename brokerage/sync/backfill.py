"""Transactions and orders back to the opening of an account: paged, resumable, checked.

Pages are read oldest first with a fixed last day. A page's rows and the number of the next page
are stored in one transaction, so that work cut off anywhere goes on with the page it was at. Rows
that slid between pages meanwhile (a late booking of an old day) show in the count at the end; the
whole range is then read once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from brokerage import audit, clock, events, locks
from brokerage.calendar import NEW_YORK
from brokerage.enums import BackfillKind, SyncState
from brokerage.models import Account, Backfill, Connection, Order, Transaction
from brokerage.sync import unknown
from brokerage.sync.orders import store_orders
from brokerage.sync.pacing import PacedClient
from brokerage.sync.transactions import store_transactions
from brokerage.tastytrade.calls import Call, Page
from brokerage.tastytrade.payloads.orders import Order as OrderPayload
from brokerage.tastytrade.payloads.transactions import Transaction as TransactionPayload
from brokerage.tastytrade.resources import balances, orders, transactions

# For an account whose opening the broker does not tell: before it had customers.
EARLIEST = date(2016, 1, 1)
PER_PAGE = {BackfillKind.TRANSACTIONS: 1000, BackfillKind.ORDERS: 200}
# The broker's page may be shorter than asked for; more passes than this are a fault of its own.
PASSES = 3

Told = Callable[[Backfill], None]


def request(account: Account, connection: Connection, kind: str, user: Any = None) -> Backfill:
    """The unfinished backfill of the account, or a new one from its opening to today."""
    opened = account.opened_at.astimezone(NEW_YORK).date() if account.opened_at else EARLIEST
    try:
        with transaction.atomic():
            made = Backfill.objects.create(
                account=account,
                connection=connection,
                requested_by=user,
                kind=kind,
                # A funding may be booked a day before the account is said to be open.
                start_date=opened - timedelta(days=7),
                end_date=clock.today(connection),
            )
    except IntegrityError:
        return Backfill.objects.get(account=account, kind=kind, finished_at=None)
    audit.record(
        "sync", f"backfill {kind}", "requested", user=user, connection=connection, account=account
    )
    return made


def run(
    backfill: Backfill,
    client: PacedClient,
    *,
    seconds: float | None = None,
    told: Told = lambda _: None,
) -> bool:
    """Go on where it was cut off; True when it is finished, False after ``seconds``.

    Does nothing while another process is at it. Raises what the client raises.
    """
    with locks.backfill_lock(backfill.pk) as held:
        if not held:
            return False
        backfill.refresh_from_db()
        work = _Work(backfill, client, told)
        started = monotonic()
        work.begin_life()
        while backfill.finished_at is None:
            work.page()
            if seconds is not None and monotonic() - started > seconds:
                break
    return backfill.finished_at is not None


@dataclass(slots=True)
class _Work:
    backfill: Backfill
    client: PacedClient
    told: Told

    def begin_life(self) -> None:
        self.backfill.life_started_at, self.backfill.rows_this_life = timezone.now(), 0
        self._save("life_started_at", "rows_this_life")

    def page(self) -> None:
        """Read one page and store it with the mark of where to go on."""
        row = self.backfill
        answer = self.client.send(_call(row))
        connection = row.connection
        if connection is not None:
            kind = OrderPayload if row.kind == BackfillKind.ORDERS else TransactionPayload
            unknown.note(connection, kind, answer)
        with transaction.atomic():
            _store(row, answer)
            row.rows_done += len(answer)
            row.rows_this_life += len(answer)
            row.rows_total = _total(answer, row)
            row.next_page += 1
            self._save("rows_done", "rows_this_life", "rows_total", "next_page")
        if not _more(answer, row):
            self._end()
        self.told(row)
        events.publish(events.SYNC_UPDATED, account=row.account, detail={"backfill": row.pk})

    def _end(self) -> None:
        """Check; a count that does not agree is a reason to read all of it again."""
        row = self.backfill
        checks = _checks(row, self.client)
        passes = int(row.checks.get("passes", 0)) + 1
        row.checks = {**checks, "passes": passes}
        ours, theirs = checks["count"]["ours"], checks["count"]["theirs"]
        if ours < theirs and passes < PASSES:
            row.next_page, row.rows_done = 0, 0
            self._save("checks", "next_page", "rows_done")
            return
        row.state = SyncState.DONE if ours == theirs else SyncState.FAILED
        row.message = _words(checks)
        row.finished_at = timezone.now()
        self._save("checks", "state", "message", "finished_at")

    def _save(self, *names: str) -> None:
        self.backfill.save(update_fields=[*names, "moved_at"])


def _call(row: Backfill) -> Call[Page[Any]]:
    return _query(row).with_query(page_offset=row.next_page)


def _query(row: Backfill) -> Call[Page[Any]]:
    build: Any = transactions.list_transactions
    if row.kind == BackfillKind.ORDERS:
        build = orders.search
    call: Call[Page[Any]] = build(
        row.account.number,
        start_date=row.start_date,
        end_date=row.end_date,
        sort="Asc",
        per_page=PER_PAGE[BackfillKind(row.kind)],
    )
    return call


def _store(row: Backfill, answer: Page[Any]) -> None:
    if row.kind == BackfillKind.ORDERS:
        store_orders(row.account, answer, timezone.now())
    else:
        store_transactions(row.account, answer, timezone.now())


def _total(answer: Page[Any], row: Backfill) -> int | None:
    block = answer.pagination
    return block.total_items if block and block.total_items is not None else row.rows_total


def _more(answer: Page[Any], row: Backfill) -> bool:
    block = answer.pagination
    if block is None or not answer:
        return False
    if block.total_pages is not None:
        return row.next_page < block.total_pages
    return block.per_page is not None and 0 < block.per_page <= len(answer)


def _checks(row: Backfill, client: PacedClient) -> dict[str, Any]:
    """Rows of the range here and there; cash by the bookings against cash by the balance."""
    before = _count(row)
    answer = client.send(_query(row).with_query(per_page=1, page_offset=0))
    block = answer.pagination
    theirs = block.total_items if block and block.total_items is not None else len(answer)
    ours = _count(row)
    # What the stream brought while the broker counted is no difference.
    found: dict[str, Any] = {
        "count": {"ours": theirs if before <= theirs <= ours else ours, "theirs": theirs}
    }
    if row.kind == BackfillKind.TRANSACTIONS:
        cash = client.send(balances.get_balance(row.account.number)).cash_balance
        booked = Transaction.objects.filter(account=row.account, currency="USD", gone_at=None)
        total = booked.aggregate(total=Sum("net_value"))["total"] or Decimal(0)
        found["cash"] = {"ours": f"{total:f}", "theirs": None if cash is None else f"{cash:f}"}
    return found


def _count(row: Backfill) -> int:
    """Stored rows that the range asks for; those from before a reset of the books are not there
    any more at the broker.
    """
    if row.kind == BackfillKind.ORDERS:
        kept = Order.objects.filter(account=row.account, gone_at=None)
        ends = datetime.combine(row.end_date + timedelta(days=1), time.min, NEW_YORK)
        # The range begins before the account did; an order without a time is of some day of it.
        return kept.exclude(received_at__gte=ends).count()
    booked = Transaction.objects.filter(account=row.account, gone_at=None)
    days = (row.start_date, row.end_date)
    return booked.filter(transaction_date__range=days).count()


def _words(checks: dict[str, Any]) -> str:
    count = checks["count"]
    ours, theirs = count["ours"], count["theirs"]
    words = [f"{ours} of {theirs} rows" if ours <= theirs else f"{ours} rows here, {theirs} there"]
    cash = checks.get("cash")
    if cash and cash["theirs"] is not None:
        gap = Decimal(cash["theirs"]) - Decimal(cash["ours"])
        words.append("cash agrees" if abs(gap) < Decimal("0.01") else f"cash differs by {gap:.2f}")
    return ", ".join(words)


def rate(row: Backfill) -> float | None:
    """Rows a second in its present life; None before the first page."""
    if not row.rows_this_life or row.life_started_at is None:
        return None
    elapsed = (row.moved_at - row.life_started_at).total_seconds()
    return row.rows_this_life / elapsed if elapsed > 0 else None


def seconds_left(row: Backfill) -> float | None:
    speed = rate(row)
    if row.finished_at is not None or speed is None or row.rows_total is None:
        return None
    return max(0, row.rows_total - row.rows_done) / speed


def unfinished() -> Any:
    """Those to go on with, oldest first."""
    rows = Backfill.objects.filter(finished_at=None, connection__isnull=False)
    return rows.select_related("account", "connection").order_by(F("moved_at").asc())
