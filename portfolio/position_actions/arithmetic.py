"""The arithmetic of a list of rolls: family `roll`. The page's own address is in the query."""

from __future__ import annotations

from django.http import QueryDict

from brokerage import access, market
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.orders.arithmetic import net_inputs
from portfolio.position_actions import page as actions_page
from portfolio.position_actions import roll_page
from portfolio.position_actions.closing import NoAction, load
from portfolio.position_actions.roll_page import RollPage
from portfolio.ticket import quotes as ticket_quotes


@explains("roll")
def roll(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`roll-<n>-mid`, `-nat`, `-delta`, `-dte`, `-later`: the n-th expiration of the list."""
    place, _, name = rest.partition("-")
    try:
        page = roll_page.load(desk.request, load(desk.user, actions_page.asked(desk.request)))
    except (NoAction, access.NotFound):
        return None
    if not place.isdecimal() or int(place) >= len(page.choices):
        return None
    return _figure(desk, page, int(place), name)


def _figure(desk: RequestDesk, page: RollPage, place: int, name: str) -> Worked | None:
    choice = page.choices[place]
    if name == "dte":
        source = "expiration less the market's day"
        return given("Days to expiration", choice.expiration.days, Unit.WHOLE_DAYS, source)
    if name == "later":
        inputs = (
            Input("b", "Days to this expiration", choice.expiration.days, "the chain"),
            Input("a", "Days to the one held", page.rolled[0].place.expiration.days, "the chain"),
        )
        days = roll_page.later_days(page, choice)
        return worked("Days later", "b-a", inputs, days, Unit.WHOLE_DAYS)
    if name == "delta":
        source = "Greeks of the feed, else the model at the expiration's volatility"
        return given("Delta of the leg sold", page.deltas[place], Unit.DELTA, source)
    return _net(desk, page, place, name)


def _net(desk: RequestDesk, page: RollPage, place: int, name: str) -> Worked | None:
    """What the whole change brings or costs a share, in the middle or at once."""
    assert page.connection is not None
    legs = page.choices[place].quoted
    book = desk.book(market.feed_key(page.connection))
    quotes = tuple(book.quote(leg.streamer_symbol) for leg in legs)
    net = ticket_quotes.net_of(book, legs, desk.now)
    inputs, middle = net_inputs(legs, quotes, desk.now)
    if not legs or any(quote is not None and quote.mid is None for quote in quotes):
        return given("Net of the roll", None, Unit.NET_AVERAGE, "a quote is missing or crossed")
    if name == "mid":
        return worked("Mid of the roll", middle, inputs, net.mid, Unit.NET_AVERAGE)
    if name != "nat":
        return None
    parts = [f"r{n}*{'a' if leg.ratio > 0 else 'b'}{n}" for n, leg in enumerate(legs)]
    formula = f"-({'+'.join(parts)})"
    return worked("Natural price of the roll", formula, inputs, net.natural, Unit.NET_AVERAGE)
