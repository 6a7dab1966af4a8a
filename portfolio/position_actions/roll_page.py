"""The page of a roll: later expirations with the live net price of going there."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from brokerage import access, market
from brokerage.execution import instruments
from brokerage.models import Connection
from portfolio import formats
from portfolio.desk import desk_of
from portfolio.figures.marked import Marked
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.option_chain import cells as chain_cells
from portfolio.option_chain import facts as chain_facts
from portfolio.option_chain.deltas import deltas_of, volatilities
from portfolio.option_chain.facts import Chain, NoChain
from portfolio.option_chain.page import last_known
from portfolio.option_chain.shown import Shown
from portfolio.option_chain.structures import Deltas
from portfolio.position_actions import roll_cells, rolls
from portfolio.position_actions.closing import Held, Holdings, NoAction
from portfolio.position_actions.rolls import Choice, Rolled
from portfolio.ticket.values import order_url

STRIKE, DELTA = "strike", "delta"
MAX_SHIFT = 40


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One expiration to roll to, ready for print."""

    date: str
    dte: str
    marks: tuple[str, ...]
    later: str
    strikes: str
    approximate: bool
    mid: Cell
    natural: Cell
    delta: str
    url: str


@dataclass
class RollPage:
    """Ready values for the template."""

    holdings: Holdings
    side: str = ""
    sides: list[str] = field(default_factory=list)
    by: str = STRIKE
    shift: int = 0
    symbol: str = ""
    rolled: list[Rolled] = field(default_factory=list)
    rows: list[ChoiceRow] = field(default_factory=list)
    problem: str = ""
    live_args: dict[str, Any] = field(default_factory=dict)
    connection: Connection | None = None
    choices: list[Choice] = field(default_factory=list)
    # Per choice the delta of the leg that is sold, else of the first.
    deltas: list[float | None] = field(default_factory=list)

    @property
    def figure_query(self) -> str:
        """What the drawers of its figures need: the page's own address."""
        return self._url().partition("?")[2]

    @property
    def live_json(self) -> str:
        return json.dumps(self.live_args)

    @property
    def legs(self) -> list[tuple[str, str]]:
        """(signed quantity, words) of the legs that are rolled."""
        return [
            (
                Marked((formats.quantity(one.held.quantity), f"leg-{one.held.pk}-qty")),
                one.held.label,
            )
            for one in self.rolled
        ]

    def _url(self, **changes: Any) -> str:
        values = {"side": self.side, "by": self.by, "shift": self.shift, **changes}
        pairs = [("leg", str(item.pk)) for item in self.holdings.held]
        return f"{reverse('portfolio:roll')}?{urlencode(pairs + list(values.items()))}"

    @property
    def side_links(self) -> list[tuple[str, str, bool]]:
        return [(name.title(), self._url(side=name), name == self.side) for name in self.sides]

    @property
    def by_links(self) -> list[tuple[str, str, bool]]:
        words = {STRIKE: "Same strikes", DELTA: "Same delta"}
        return [(word, self._url(by=name), name == self.by) for name, word in words.items()]

    @property
    def up_url(self) -> str:
        return self._url(shift=min(MAX_SHIFT, self.shift + 1))

    @property
    def down_url(self) -> str:
        return self._url(shift=max(-MAX_SHIFT, self.shift - 1))

    @property
    def shift_words(self) -> str:
        if not self.shift:
            return "as they are"
        count = abs(self.shift)
        word = "strike" if count == 1 else "strikes"
        return f"{count} {word} {'up' if self.shift > 0 else 'down'}"


def load(request: HttpRequest, holdings: Holdings) -> RollPage:
    """The page for these positions; what cannot be rolled says why."""
    page = RollPage(holdings)
    page.by = DELTA if request.GET.get("by") == DELTA else STRIKE
    page.shift = _shift(request.GET.get("shift", ""))
    page.side = request.GET.get("side", "")
    page.live_args = dict(desk_of(request).live_args)
    try:
        connection = access.connection_for(request.user, holdings.account)
    except access.NotFound:
        page.problem = "The login of this account must be connected again first."
        return page
    try:
        _fill(page, connection)
    except (NoAction, NoChain) as reason:
        page.problem = str(reason)
    return page


def _shift(text: str) -> int:
    try:
        return max(-MAX_SHIFT, min(MAX_SHIFT, int(text or 0)))
    except ValueError:
        return 0


def chain_of(connection: Connection, held: Held) -> Chain:
    """The chain that an option stands in."""
    symbol = instruments.underlying_of(connection.environment, held.instrument_type, held.symbol)
    return chain_facts.load(connection, held.instrument_type, symbol)


def _fill(page: RollPage, connection: Connection) -> None:
    option = next((item for item in page.holdings.held if item.is_option), None)
    if option is None:
        raise NoAction("Only options are rolled; close a share or a future and open another.")
    chain = chain_of(connection, option)
    page.symbol = chain.symbol
    parts = rolls.sides(rolls.places(chain, page.holdings.held))
    page.sides = list(parts) if len(parts) > 1 else []
    page.side = page.side if page.side in parts else next(iter(parts))
    page.rolled = parts[page.side]
    book = hub.book(market.feed_key(connection))
    deltas = _deltas(connection, chain, page, book)
    found = rolls.choices(chain, page.rolled, page.shift, deltas if page.by == DELTA else None)
    nets = [choice.quoted for choice in found]
    cells = {cell.id: cell for cell in roll_cells.cells(book, nets, time.time())}
    page.connection, page.choices = connection, list(found)
    page.deltas = [_lead_delta(page, choice, deltas) for choice in found]
    page.rows = [_row(page, at, choice, cells) for at, choice in enumerate(found)]
    page.live_args |= {"connection": str(connection.pk), "nets": roll_cells.as_args(nets)}


def _deltas(connection: Connection, chain: Chain, page: RollPage, book: LatestBook) -> Deltas:
    now = time.time()
    own = page.rolled[0].place.expiration
    facts = chain_facts.underlying_facts(connection, chain, own)
    streamer = facts.streamer_symbol if facts else ""
    known = last_known(connection, chain, own, book, streamer)
    spot = chain_cells.spot_of(book, Shown(underlying=streamer, spot=known), now)
    return deltas_of(book, volatilities(connection, chain), spot, now)


def _lead_delta(page: RollPage, choice: Choice, deltas: Deltas) -> float | None:
    lead = next(
        (
            place
            for one, place in zip(page.rolled, choice.targets, strict=True)
            if one.held.quantity < 0
        ),
        choice.targets[0],
    )
    item = choice.expiration
    return deltas(item, lead.right, item.by_strike[lead.strike])


def later_days(page: RollPage, choice: Choice) -> int:
    """Calendar days from the expiration that is left to the one that is gone to."""
    return (choice.expiration.day - page.rolled[0].place.expiration.day).days


def _row(page: RollPage, at: int, choice: Choice, cells: dict[str, Cell]) -> ChoiceRow:
    item = choice.expiration
    later = later_days(page, choice)
    return ChoiceRow(
        date=formats.short_date(item.day, year=True),
        dte=Marked((formats.dte(item.days), f"roll-{at}-dte")),
        marks=item.marks,
        later=Marked(("+", ""), (formats.dte(later), f"roll-{at}-later")),
        strikes=" / ".join(
            f"{formats.trimmed(place.strike)} {place.right}" for place in choice.targets
        ),
        approximate=choice.approximate,
        mid=cells[f"roll-{at}-mid"],
        natural=cells[f"roll-{at}-nat"],
        delta=Marked((formats.fixed(page.deltas[at], 2), f"roll-{at}-delta")),
        url=order_url(page.holdings.account, choice.legs, origin=page.holdings.origin),
    )
