"""The arithmetic of bookings (`booked`), of what the broker lets an account do (`status`), of how a
book compares (`score`) and of the record's chain (`sealed`)."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F, Q, Sum
from django.http import QueryDict

from brokerage import access, history, upkeep
from brokerage.models import Account, Transaction
from portfolio import formats
from portfolio.account_pages import FEES, fees_of
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains

BROKER = "booking, by the broker"
_SAID = {
    "quantity": ("Quantity", "quantity", Unit.UNITS),
    "price": ("Price", "price", Unit.PRICE),
    "net": ("Net cash", "net_value", Unit.SIGNED),
}


@explains("booked")
def booked(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`booked-<row>-quantity`, `-price`, `-fees`, `-net`, `-cash`."""
    pk, _, name = rest.partition("-")
    try:
        row = access.get_transaction(desk.user, pk)
    except access.NotFound:
        return None
    if name == "fees":
        return _fees(row)
    if name == "cash":
        return _cash(desk, row)
    if name not in _SAID:
        return None
    word, field, unit = _SAID[name]
    return given(f"{word}: {_title(row)}", getattr(row, field), unit, BROKER, _at(row))


def _title(row: Transaction) -> str:
    what = formats.symbol_label(row.symbol, row.instrument_type) if row.symbol else row.description
    return f"{row.transaction_sub_type or row.transaction_type} {what}".strip()


def _at(row: Transaction) -> float | None:
    return row.received_at.timestamp() if row.received_at else None


def _fees(row: Transaction) -> Worked:
    terms = [
        given(name.replace("_", " ").capitalize(), getattr(row, name), Unit.EXACT, BROKER, _at(row))
        for name in FEES
        if getattr(row, name) is not None
    ]
    return added(f"Fees: {_title(row)}", terms, fees_of(row), Unit.SIGNED)


def _cash(desk: RequestDesk, row: Transaction) -> Worked | None:
    """All bookings up to this one: those before, and it."""
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    total = upkeep.running_cash(accounts, [row.pk]).get(row.pk)
    if total is None:
        return None
    inputs = (
        Input("b", "All bookings before", _before(accounts, row), BROKER, None, Unit.MONEY),
        Input("n", "Net cash of this one", row.net_value or Decimal(0), BROKER, _at(row)),
    )
    return worked(f"Running cash: {_title(row)}", "b+n", inputs, total, Unit.MONEY)


def _before(accounts: list[Account], row: Transaction) -> Decimal:
    """The sum of what stands before a booking in the order of the page: time, number, account."""
    rows = Transaction.objects.filter(account__in=accounts, currency=row.currency)
    later = Q(broker_id__gt=row.broker_id)
    later |= Q(broker_id=row.broker_id, account_id__gte=row.account_id)
    if row.executed_at is None:
        before = Q(executed_at=None) & ~later
    else:
        same = Q(executed_at=row.executed_at) & ~later
        before = Q(executed_at=None) | Q(executed_at__lt=row.executed_at) | same
    return rows.filter(before).aggregate(sum=Sum(F("net_value")))["sum"] or Decimal(0)


@explains("status")
def status(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`status-<account>-day_trade_count`."""
    pk, _, name = rest.partition("-")
    account = _account(desk, pk)
    if account is None or name != "day_trade_count":
        return None
    known = getattr(account, "trading_status", None)
    told = history.trading_status_at(account, desk.as_of) if desk.as_of else known
    count = told.day_trade_count if told else None
    return given("Day trades counted", count, Unit.COUNT, "trading status, by the broker")


def _account(desk: RequestDesk, pk: str) -> Account | None:
    try:
        return access.get_account_by_pk(desk.user, pk)
    except access.NotFound:
        return None


@explains("score")
def score(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`score-<account>-matching` and `-lines`: the last comparison with the broker's book."""
    pk, _, name = rest.partition("-")
    account = _account(desk, pk)
    found = upkeep.scores([account]).get(account.pk) if account else None
    if found is None or name not in ("matching", "lines"):
        return None
    word = "Lines that match" if name == "matching" else "Lines compared"
    source = "comparison by this desk"
    return given(word, getattr(found, name), Unit.COUNT, source, found.at.timestamp())


@explains("sealed")
def sealed(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`sealed-links`, `sealed-unsealed`: the chain of the record."""
    if rest not in ("links", "unsealed"):
        return None
    word = "Links of the chain" if rest == "links" else "Entries not sealed yet"
    return given(word, upkeep.chain_state()[rest], Unit.COUNT, "record of this desk")
