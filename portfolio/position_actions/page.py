"""The page of actions: the legs of an underlying in one account, some chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from brokerage import access, selectors
from brokerage.execution import instruments
from brokerage.execution.commands import FUTURE, FUTURE_OPTION
from brokerage.models import Account, Position
from portfolio import formats
from portfolio.facts import product_root
from portfolio.forms.ticket import account_key
from portfolio.position_actions.closing import MAX_LEGS, Held, Holdings, NoAction, holdings_of, load

WORDS = (
    ("close", "Close", "Closes what is chosen, at a price of yours", "c"),
    ("half", "Close half", "Closes half of the units", ""),
    ("roll", "Roll", "Closes it and opens the same later: a list of net prices", "r"),
    ("reverse", "Reverse", "Closes it, then opens the opposite once that has filled", "v"),
    ("duplicate", "Duplicate", "Opens the same again", "d"),
    ("add", "Add a leg", "Opens the chain at this expiration", ""),
    ("bracket", "Bracket", "Take profit or stop; one cancels the other", ""),
)


@dataclass(frozen=True, slots=True)
class LegRow:
    """One position to choose, ready for print."""

    pk: int
    quantity: str
    side: str
    label: str
    closing: str
    chosen: bool


@dataclass
class ActionsPage:
    account: Account | None = None
    underlying: str = ""
    legs: list[LegRow] = field(default_factory=list)
    problem: str = ""

    actions = WORDS

    @property
    def too_many(self) -> bool:
        return sum(1 for leg in self.legs if leg.chosen) > MAX_LEGS


def _rows(chosen: Sequence[int], held: Sequence[Held]) -> list[LegRow]:
    return [
        LegRow(
            item.pk,
            formats.quantity(item.quantity),
            "long" if item.quantity > 0 else "short",
            item.label,
            formats.quantity(item.closing, sign=False) if item.closing else "",
            item.pk in chosen,
        )
        for item in held
    ]


def _page(request: HttpRequest) -> ActionsPage:
    chosen = load(request.user, asked(request))
    siblings = _siblings(chosen)
    everything = holdings_of(chosen.account, siblings)
    rows = _rows([item.pk for item in chosen.held], everything.held)
    return ActionsPage(chosen.account, product_root(chosen.held[0].underlying), rows)


def asked(request: HttpRequest) -> list[str]:
    """Positions by id, or all of a group (account and underlying)."""
    legs = request.GET.getlist("leg")
    group = request.GET.get("group", "")
    if legs or not group:
        return legs[:64]
    pk, _, name = group.partition("-")
    account = access.get_account_by_pk(request.user, pk)
    try:
        underlying = bytes.fromhex(name).decode()
    except ValueError:
        raise access.NotFound from None
    rows = [row for row in _open(account) if _root(row) == underlying]
    return [str(row.pk) for row in rows]


def _open(account: Account) -> list[Position]:
    return [row for row in selectors.positions_for([account]) if row.quantity]


def _root(row: Position) -> str:
    return product_root(row.underlying_symbol or row.symbol)


def _siblings(chosen: Holdings) -> list[Position]:
    roots = {product_root(item.underlying) for item in chosen.held}
    return [row for row in _open(chosen.account) if _root(row) in roots]


def load_actions(request: HttpRequest) -> ActionsPage:
    """The page; foreign positions are NotFound, one that is gone is said to be."""
    try:
        return _page(request)
    except NoAction as reason:
        return ActionsPage(problem=str(reason))


def chain_url(holdings: Holdings) -> str:
    """The chain page at the expiration of the first option."""
    account, held = holdings.account, holdings.held
    first = next((item for item in held if item.is_option), held[0])
    kind = FUTURE_OPTION if first.instrument_type == FUTURE else first.instrument_type
    symbol = instruments.underlying_of(account.environment, kind, first.symbol)
    if first.instrument_type == FUTURE:
        symbol = product_root(first.symbol)
    values = {
        "symbol": symbol,
        "account": account_key(account.environment, account.number),
        "contract": first.symbol if first.is_option else "",
    }
    pairs = {name: value for name, value in values.items() if value}
    return f"{reverse('portfolio:chain')}?{urlencode(pairs)}"
