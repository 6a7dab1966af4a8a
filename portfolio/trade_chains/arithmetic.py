"""The families `chain` and `chains`: what opens when a figure of the chain pages is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.http import QueryDict

from brokerage.access import NotFound
from portfolio.analytics.arithmetic import Unit, Worked, added, given
from portfolio.analytics.facts import ZERO, total
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.trade_chains.cells import MONEY, value_of
from portfolio.trade_chains.detail import take_apart
from portfolio.trade_chains.explained import chain_figures, made
from portfolio.trade_chains.histories import AccountHistory
from portfolio.trade_chains.listing import narrowed, read_filters
from portfolio.trade_chains.not_rolled import figures_of, not_rolled
from portfolio.trade_chains.scene import scene_for, scene_of
from portfolio.trade_chains.summary import Summary


@explains("chain")
def chain(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`chain-<account>-<chain>-<figure>`, or `…-step3-cash` of one of its parts."""
    number, _, rest = rest.partition("-")
    slug, _, name = rest.partition("-")
    if not number.isdecimal() or len(number) > 18:
        return None
    try:
        scene = scene_for(desk, int(number))
        one = scene.one(int(number), slug)
    except NotFound:
        return None
    if name.startswith("stayed"):
        return figures_of(not_rolled(scene, one, query)).get(name)
    whole = made(chain_figures(one, desk.now), name)
    return whole or made(take_apart(one, desk.now).figures, name)


@explains("chains")
def chains(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`chains-total-<figure>` over what the page's filters leave; `chains-outside`, the cash that
    belongs to no chain."""
    scene = scene_of(desk)
    if rest in OUTSIDE:
        return outside(scene.summaries, scene.histories.accounts, rest)
    name = rest.removeprefix("total-")
    titles = {key: label for key, label, _ in MONEY}
    if name not in titles:
        return None
    rows = narrowed(scene.summaries, read_filters(query))
    values = [value_of(one, name) for one in rows]
    terms = [_term(one, name, titles[name], value) for one, value in zip(rows, values, strict=True)]
    words = total(values, ZERO).words.replace("legs", "chains")
    return added(
        f"{titles[name]}: {len(rows)} chains", terms, total(values, ZERO).value, Unit.SIGNED,
        ref=f"chains-{rest}", marks=(words,) if words else (),
    )  # fmt: skip


def _term(one: Summary, name: str, title: str, value: Decimal | None) -> Worked:
    label = f"{title}: {one.chain.underlying} {one.now or one.at_open}"
    return given(label, value, Unit.SIGNED, "chain", ref=f"chain-{one.id}-{name}")


OUTSIDE = ("inside", "outside", "cash")


def outside(rows: Iterable[Summary], accounts: Iterable[AccountHistory], name: str) -> Worked:
    """Cash after fees in chains, outside them, and both: the cash of the bookings."""
    inside = sum((one.chain.cash - one.chain.fees for one in rows), ZERO)
    loose = [event for one in accounts for event in one.history.unchained]
    beside = sum((event.cash - event.fees for event in loose), ZERO)
    first = given("In chains, after fees", inside, Unit.SIGNED, "bookings", ref="chains-inside")
    second = given(
        "Outside chains: deposits, interest, fees of the account", beside, Unit.SIGNED,
        f"{len(loose)} bookings", ref="chains-outside",
    )  # fmt: skip
    if name == "cash":
        both = inside + beside
        return added("Cash, by the bookings", [first, second], both, Unit.MONEY, ref="chains-cash")
    return first if name == "inside" else second
