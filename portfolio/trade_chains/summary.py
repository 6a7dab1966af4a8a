"""One chain in figures: how it began, what it is, what it made, how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from brokerage.models import OrderIntent
from portfolio.analytics.chains.events import Chain, EventKind
from portfolio.analytics.ratios import annualised, return_on_capital
from portfolio.facts import AccountFacts
from portfolio.formats import NEW_YORK
from portfolio.trade_chains import structure
from portfolio.trade_chains.histories import AccountHistory, Histories, slug
from portfolio.trade_chains.structure import Extremes
from portfolio.trade_chains.worth import Pricer, Worth


class Status(Enum):
    """How a chain stands; the words are shown."""

    OPEN = "open"
    CLOSED = "closed"
    ASSIGNED = "assigned"
    EXERCISED = "exercised"
    EXPIRED = "expired"
    SETTLED = "settled"
    TRANSFERRED = "transferred"


# What ended a chain, the strongest word first.
_ENDS = (
    (EventKind.ASSIGNMENT, Status.ASSIGNED),
    (EventKind.EXERCISE, Status.EXERCISED),
    (EventKind.CASH_SETTLEMENT, Status.SETTLED),
    (EventKind.EXPIRATION, Status.EXPIRED),
    (EventKind.TRANSFER, Status.TRANSFERRED),
)


@dataclass(frozen=True, slots=True)
class Capital:
    """What a return is counted on, and whose word it is; None when nobody says."""

    amount: Decimal | None
    source: str = ""


BY_BROKER = "buying power that the opening order took, by the broker's preview"
BY_LOSS = "max loss of the structure at open: no preview of the opening order is kept"
NO_CAPITAL = "neither a preview of the opening order nor a limited loss: no capital to count on"


@dataclass(frozen=True, slots=True)
class Summary:
    """``max_profit`` is the most the chain can make in all, gross: what is realized plus the best
    of what is open; of a closed one the best of what it began as. ``of_max`` and ``roc`` are
    ratios. ``is_partial``: bookings are missing; ``waits``: fills are not booked, so fees grow."""

    one: AccountHistory
    account: AccountFacts | None
    chain: Chain
    worth: Worth
    status: Status
    opened: datetime
    ended: datetime | None
    days: int
    at_open: str
    now: str
    max_profit: Extremes
    of_max: Decimal | None
    capital: Capital
    roc: Decimal | None
    is_partial: bool
    waits: bool
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """Fit for a DOM id and an address."""
        return f"{self.one.account.pk}-{slug(self.chain.key)}"


def summaries(
    histories: Histories,
    pricer: Pricer,
    accounts: Iterable[AccountFacts],
    *,
    capital: Mapping[tuple[int, int], Decimal] | None = None,
) -> Iterator[Summary]:
    """Of all chains, in the order of their opening within each account."""
    facts = {account.pk: account for account in accounts}
    partial = {(one.account_pk, one.symbol) for one in pricer.mismatches()}
    for one, chain in histories.chains():
        yield summary(one, chain, pricer, facts.get(one.account.pk), partial, capital or {})


def summary(
    one: AccountHistory,
    chain: Chain,
    pricer: Pricer,
    account: AccountFacts | None,
    partial: set[tuple[int, str]],
    capital: Mapping[tuple[int, int], Decimal],
) -> Summary:
    worth = pricer.worth(one, chain)
    opened, ended = chain.entries[0].event.at, _ended(chain)
    last = _day(ended) if ended else (account.today if account else _day(opened))
    days = max(0, (last - _day(opened)).days)
    began = structure.at_open(one, chain)
    limits = structure.extremes(began)
    most = _most(chain, worth, limits)
    ground = _capital(one, chain, limits, capital)
    net = worth.pnl.net.value
    ratio = None if net is None or ground.amount is None else return_on_capital(net, ground.amount)
    return Summary(
        one=one,
        account=account,
        chain=chain,
        worth=worth,
        status=_status(chain),
        opened=opened,
        ended=ended,
        days=days,
        at_open=structure.names(began),
        now=structure.names(_now(one, chain, worth)),
        max_profit=most,
        of_max=_of_max(worth, most),
        capital=ground,
        roc=None if ratio is None else annualised(ratio, max(1, days)),
        is_partial=any((one.account.pk, symbol) in partial for symbol in chain.holdings),
        waits=one.waits(chain),
        tags=tuple(dict.fromkeys(tag.name for tag in one.tags.get(chain.key, ()))),
    )


def _now(one: AccountHistory, chain: Chain, worth: Worth) -> list[structure.Held]:
    """What it holds, from the desk; of what no position shows, from the bookings."""
    loose = [
        entry for entry in chain.entries
        if entry.quantity and entry.event.symbol in worth.unpriced
    ]  # fmt: skip
    return [*structure.now(worth.legs), *structure.from_entries(one, loose)]


def _day(at: datetime) -> date:
    return at.astimezone(NEW_YORK).date()


def _ended(chain: Chain) -> datetime | None:
    """When it became flat; income that came afterwards does not keep it open."""
    if chain.is_open:
        return None
    last = chain.entries[-1].event.at
    return max((entry.event.at for entry in chain.entries if entry.quantity), default=last)


def _status(chain: Chain) -> Status:
    if chain.is_open:
        return Status.OPEN
    ended = _ended(chain)
    kinds = {entry.event.kind for entry in chain.entries if entry.event.at == ended}
    return next((status for kind, status in _ENDS if kind in kinds), Status.CLOSED)


def _most(chain: Chain, worth: Worth, began: Extremes) -> Extremes:
    """The most that the chain can make in all."""
    if not chain.is_open:
        return began
    if worth.unpriced:
        return Extremes(None, None, "part of it is in no position of the desk")
    left = structure.extremes(structure.now(worth.legs))
    realized = worth.pnl.realized
    return Extremes(
        None if left.best is None else realized + left.best,
        None if left.worst is None else realized + left.worst,
        left.why,
    )


def _of_max(worth: Worth, most: Extremes) -> Decimal | None:
    """P/L ÷ max profit, both before fees; not defined without a limit or a profit to reach."""
    total = worth.pnl.total.value
    if total is None or most.best is None or most.best <= 0:
        return None
    return total / most.best


def _capital(
    one: AccountHistory,
    chain: Chain,
    began: Extremes,
    capital: Mapping[tuple[int, int], Decimal],
) -> Capital:
    row = one.row(chain.entries[0].event.key)
    effect = capital.get((one.account.pk, row.order)) if row and row.order is not None else None
    if effect is not None and effect < 0:
        return Capital(-effect, BY_BROKER)
    if began.worst is not None and began.worst < 0:
        return Capital(-began.worst, BY_LOSS)
    return Capital(None, NO_CAPITAL)


def opening_capital(accounts: Sequence[Any]) -> dict[tuple[int, int], Decimal]:
    """The change of buying power that was shown before an order was sent, by account and order.

    Orders that were made elsewhere have none. One query.
    """
    rows = OrderIntent.objects.filter(
        order__account__in=[account.pk for account in accounts], preview__isnull=False
    ).order_by()
    found = {}
    columns = ("order__account_id", "order__broker_id", "preview__answer__buying-power-effect")
    for account, order, effect in rows.values_list(*columns):
        amount = _change(effect)
        if amount is not None:
            found[account, order] = amount
    return found


def _change(effect: Any) -> Decimal | None:
    """Signed by its effect: a debit takes buying power away."""
    key = "change-in-buying-power"
    try:
        amount = Decimal(str(effect[key]))
    except (KeyError, TypeError, InvalidOperation):
        return None
    return -abs(amount) if effect.get(f"{key}-effect") == "Debit" else amount
