"""Rows of the mirror as the chain builder reads them: what was booked, and what is filled but not
booked yet.

The broker books a fill minutes after it happened and this desk reads bookings on a schedule, so a
trade of today is first known from its order. Such a fill counts at its price, before fees, until
its booking arrives; then the booking takes its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from brokerage.models import Account, Fill, Instrument, Position, Transaction
from portfolio.analytics.chains.transactions import Booked, family
from portfolio.analytics.facts import ZERO

CURRENCY = "USD"
# A fill older than this, against the newest booking, is not waiting for one: its booking is not
# read back yet, and neither are its neighbours'.
WAITS = timedelta(days=7)
_END_OF_DAY = time(21, tzinfo=UTC)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "account_id", "broker_id", "executed_at", "transaction_date", "received_at",
    "transaction_type", "transaction_sub_type", "action", "symbol", "instrument_type",
    "underlying_symbol", "quantity", "price", "value", "net_value", "order_id", "reverses_id",
    "gone_at",
)  # fmt: skip
_FILL = (
    "pk", "leg__order__account_id", "leg__order__broker_id", "leg__order__underlying_symbol",
    "leg__symbol", "leg__instrument_type", "leg__action", "quantity", "price", "filled_at",
)  # fmt: skip

Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Bookings:
    """``rows`` count today; ``gone`` were booked before the broker's books began anew.

    ``unbooked``: keys of rows made from fills; ``uncounted``: fills that no amount can be told of.
    ``multipliers``: money per point by (account id, symbol), and of futures by product as well.
    """

    rows: tuple[Booked, ...]
    gone: tuple[Booked, ...]
    unbooked: frozenset[tuple[str, str]]
    uncounted: int
    multipliers: Mapping[Place, Decimal]


def account_key(pk: int) -> str:
    """What the maths calls an account: never its number, which logs must not show."""
    return str(pk)


def load(accounts: Sequence[Account]) -> Bookings:
    """Everything booked or filled in these accounts, in four queries."""
    pks = [account.pk for account in accounts]
    if not pks:
        return Bookings((), (), frozenset(), 0, {})
    booked = list(
        Transaction.objects.filter(account__in=pks, currency=CURRENCY)
        .order_by()
        .values_list(*_COLUMNS, named=True)
    )
    points = _multipliers(accounts, booked)
    rows = [_booked(row, points) for row in booked if row.gone_at is None]
    gone = [_booked(row, points) for row in booked if row.gone_at is not None]
    fills, uncounted = _waiting(pks, rows, points)
    keys = frozenset((row.account, str(row.key)) for row in fills)
    return Bookings((*rows, *fills), tuple(gone), keys, uncounted, points)


def multiplier_of(points: Mapping[Place, Decimal], account: int, symbol: str) -> Decimal | None:
    """Of the symbol, or of another contract of the same future's product."""
    found = points.get((account, symbol))
    return found if found is not None else points.get((0, family(symbol)))


def _multipliers(accounts: Sequence[Account], rows: Iterable[tuple]) -> dict[Place, Decimal]:  # type: ignore[type-arg]
    pks = [account.pk for account in accounts]
    held = Position.objects.filter(account__in=pks, multiplier__isnull=False).order_by()
    points: dict[Place, Decimal] = {}
    for account, symbol, multiplier in held.values_list("account_id", "symbol", "multiplier"):
        points[account, symbol] = multiplier
        if symbol.startswith("/"):
            points[0, family(symbol)] = multiplier
    wanted = {(row[0], row[8]) for row in rows if row[8]} - points.keys()
    symbols = {symbol for _, symbol in wanted}
    known = Instrument.objects.filter(
        environment__in={account.environment for account in accounts},
        symbol__in=symbols, multiplier__isnull=False,
    )  # fmt: skip
    listed = dict(known.values_list("symbol", "multiplier"))
    for account, symbol in wanted & {(pk, name) for pk in pks for name in listed}:
        points[account, symbol] = listed[symbol]
        if symbol.startswith("/"):
            points.setdefault((0, family(symbol)), listed[symbol])
    return points


def _booked(row: tuple, points: Mapping[Place, Decimal]) -> Booked:  # type: ignore[type-arg]
    """A booking in the builder's words; one without a time counts at the end of its day."""
    account, number, at, day, received, kind, sub_kind, action, symbol, instrument = row[:10]
    underlying, quantity, price, value, net, order, reverses, _ = row[10:]
    return Booked(
        key=number,
        at=at or (datetime.combine(day, _END_OF_DAY) if day else received or _BEGINNING),
        account=account_key(account),
        type=kind,
        sub_type=sub_kind,
        action=action,
        symbol=symbol,
        instrument_type=instrument,
        underlying=underlying,
        quantity=quantity,
        price=price,
        value=value,
        net_value=net,
        order=order,
        reverses=reverses,
        multiplier=multiplier_of(points, account, symbol),
    )


# -- fills that are not booked yet -------------------------------------------------------------


def _waiting(
    pks: Sequence[int], rows: Sequence[Booked], points: Mapping[Place, Decimal]
) -> tuple[list[Booked], int]:
    """Fills beyond what is booked of their order and symbol; how many have no amount."""
    latest = max((row.at for row in rows), default=None)
    fills = Fill.objects.filter(leg__order__account__in=pks, leg__order__gone_at=None)
    if latest is not None:
        fills = fills.filter(filled_at__gt=latest - WAITS)
    booked: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.type == "Trade" and row.order is not None and row.quantity:
            booked[row.account, row.order, row.symbol] += row.quantity
    made, uncounted = [], 0
    for fill in fills.order_by("filled_at", "pk").values_list(*_FILL):
        place = (account_key(fill[1]), fill[2], fill[4])
        quantity = fill[7] or ZERO
        done = min(quantity, booked[place])
        booked[place] -= done
        if quantity - done:
            filled = _from_fill(fill, quantity - done, points)
            made += [filled] if filled else []
            uncounted += filled is None
    return made, uncounted


def _from_fill(fill: tuple, quantity: Decimal, points: Mapping[Place, Decimal]) -> Booked | None:  # type: ignore[type-arg]
    """The booking that a fill will become, without its fees; None when its amount is unknown."""
    pk, account, order, underlying, symbol, kind, action, _, price, at = fill
    multiplier = multiplier_of(points, account, symbol)
    if price is None or multiplier is None or at is None:
        return None
    side = 1 if action.startswith("Sell") else -1
    value = ZERO if kind == "Future" else side * quantity * price * multiplier
    return Booked(
        key=-pk, at=at, account=account_key(account), type="Trade", sub_type=action,
        action=action, symbol=symbol, instrument_type=kind, underlying=underlying or symbol,
        quantity=quantity, price=price, value=value, net_value=value, order=order,
        multiplier=multiplier,
    )  # fmt: skip
