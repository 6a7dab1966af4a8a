"""Keeping what each position was at the close of a day.

Marks are written again and again while the regular session runs, and once after it, so that the
last of a day stand for its close even when nothing ran at that very moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Prefetch

from brokerage import clock, selectors
from brokerage.models import Account, AccountAccess
from portfolio.facts import AccountFacts, Desk, Leg
from portfolio.ledger.spots import spot_of
from portfolio.live.hub import hub
from portfolio.live.valuation import Books, LegValue, Valuation
from portfolio.models import DailyMark
from portfolio.scope import Scope
from portfolio.selectors import connection_of, load_desk

# The extended session ends so long after the close, after an early close too.
AFTER_HOURS = timedelta(hours=4)
_VALUES = (
    "instrument_type", "underlying", "quantity", "multiplier", "mark", "source", "spot",
    "volatility", "delta", "gamma", "theta", "vega", "greeks_source", "marked_at",
)  # fmt: skip


def keep_marks(now: datetime, books: Books = hub.book) -> int:
    """Write the marks of every account that is due; how many positions were written.

    ``now`` is ours; each account's day is that of its broker's clock.
    """
    groups: dict[str, list[Account]] = defaultdict(list)
    for account in _accounts():
        if is_due(account):
            groups[account.environment].append(account)
    written = 0
    for environment, accounts in groups.items():
        written += keep(load_desk(accounts, Scope(environment)), now, books)
    return written


def _accounts() -> list[Account]:
    """Open accounts with the logins that serve them, secrets left in the database."""
    accesses = AccountAccess.objects.select_related("connection").defer(
        *(f"connection__{name}" for name in selectors.SECRETS)
    )
    rows = Account.objects.exclude(is_closed=True).filter(accesses__isnull=False).distinct()
    return list(rows.prefetch_related(Prefetch("accesses", queryset=accesses)))


def is_due(account: Account) -> bool:
    """While the regular session runs, and afterwards until the close is written."""
    connection = connection_of(account)
    state = clock.session(connection)
    if state.label == clock.REGULAR:
        return True
    if state.label != clock.AFTER_HOURS:
        return False
    today = clock.today(connection)
    last = DailyMark.objects.filter(account=account, day=today).aggregate(at=Max("marked_at"))["at"]
    return last is None or last < state.changes_at - AFTER_HOURS


def keep(desk: Desk, now: datetime, books: Books) -> int:
    """Write today's marks of a desk; what is no longer held has none."""
    valuation = Valuation(desk, books)
    valuation.update(now.timestamp())
    written = 0
    for account in desk.accounts:
        held = [leg for leg in desk.legs_of(account.pk) if leg.holding.quantity]
        rows = [_row(account, valuation.values[leg.pk], valuation, now) for leg in held]
        _write(account, held, rows)
        written += len(rows)
    return written


@transaction.atomic
def _write(account: AccountFacts, held: Iterable[Leg], rows: list[DailyMark]) -> None:
    today = DailyMark.objects.filter(account=account.pk, day=account.today)
    today.exclude(symbol__in=[leg.symbol for leg in held]).delete()
    DailyMark.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "day", "symbol"],
        update_fields=_VALUES,
    )


def _row(account: AccountFacts, value: LegValue, valuation: Valuation, now: datetime) -> DailyMark:
    leg, unit = value.leg, value.unit
    spot = spot_of(value, valuation, now.timestamp())
    row = DailyMark(
        account_id=account.pk,
        day=account.today,
        symbol=leg.symbol,
        instrument_type=leg.instrument_type,
        underlying=leg.underlying,
        quantity=leg.holding.quantity,
        multiplier=leg.holding.multiplier,
        mark=value.mark.price if value.mark else None,
        source=value.mark.source.name.lower() if value.mark else "",
        spot=spot,
        marked_at=account.now.astimezone(UTC),
    )
    if unit is not None:
        row.delta, row.gamma, row.theta, row.vega = unit.delta, unit.gamma, unit.theta, unit.vega
        row.volatility, row.greeks_source = unit.volatility, "feed"
    return row
