"""The family `risk` of figures: how each of the risk page's came about, from the same scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.http import QueryDict

from portfolio.analytics import exposure
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.analytics.scenarios import STRESSES
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.risk import changes, expected, grids, tables
from portfolio.risk.book import RiskBook
from portfolio.risk.changes import Shock
from portfolio.risk.choices import CUSHION, DAYS, DELTA, OPEN
from portfolio.risk.curves import BEFORE, END
from portfolio.risk.explained import ExplainedView, worked_part
from portfolio.risk.legs import RiskLeg
from portfolio.risk.loading import page_for
from portfolio.risk.page import RiskPage

NET_LIQ = Input("L", "Net liq", None, "balances, by the broker", None, Unit.MONEY)


@explains("risk")
def risk(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`risk-<kind>-<rest>`; the page's address says of what."""
    if desk.as_of:
        return None
    kind, _, rest = rest.partition("-")
    explainer = _KINDS.get(kind)
    try:
        page = page_for(desk, query)
        if kind == "explained":
            group, _, part_name = rest.rpartition("-")
            return worked_part(ExplainedView(desk, page.choices), group, part_name)
        return explainer(page, rest) if explainer and page.book.legs else None
    except (ValueError, IndexError, KeyError, StopIteration):
        # A reference that no page of ours gave.
        return None


def _net_liq(page: RiskPage) -> Input:
    return Input("L", NET_LIQ.words, page.net_liq, NET_LIQ.source, None, Unit.MONEY)


# --- Greeks -------------------------------------------------------------------------------------


def greek(page: RiskPage, rest: str) -> Worked | None:
    """`<group>-<name>`; the group `all`, `before`, or its name in hex."""
    group, _, name = rest.partition("-")
    if name not in changes.GREEKS:
        return None
    legs, whose = _group(page, group)
    price = page.book.benchmark_price
    value = changes.amount_of(exposure.expose([leg.exposed for leg in legs], price), name)
    terms = changes.greek_terms(legs, name, price)
    return added(f"{changes.GREEKS[name][0]}: {whose}", terms, value, Unit.GREEK)


def _group(page: RiskPage, group: str) -> tuple[list[RiskLeg], str]:
    if group in ("all", "before"):
        book = page.book if group == "all" else page.before
        return list(book.legs), "all in view" if group == "all" else "without what-if"
    name = bytes.fromhex(group).decode()
    return tables.grouped(page.book, page.choices.by)[name], name


# --- Scenarios ----------------------------------------------------------------------------------


def _changed(page: RiskPage, book: RiskBook, shock: Shock, title: str, unit: Unit) -> Worked:
    """The sum of what each leg changes by."""
    terms = changes.change_terms(book, shock, by_beta=page.by_beta)
    return added(title, terms, _sum(terms), unit, note=_note(page, shock))


def _sum(terms: Sequence[Worked]) -> float | None:
    """None where not one of them is known."""
    if terms and all(term.value is None for term in terms):
        return None
    return sum(float(term.value) for term in terms if term.value is not None)


def _note(page: RiskPage, shock: Shock) -> str:
    move, days, factor = shock
    what = page.unit if not page.by_beta else f"{page.unit}, each underlying by its beta"
    return f"Move {move:+.2%} of {what}; {days:.4g} days pass; volatility × {factor:g}"


def cell(page: RiskPage, rest: str) -> Worked | None:
    """`<row>-<column>` of the scenario grid."""
    row, column = (int(part) for part in rest.split("-"))
    choices, ground = page.choices, page.ground
    shocks = grids.axes(choices, ground)
    by_days = choices.across == DAYS
    shock = (
        float(shocks.moves[row]),
        float(shocks.days[column if by_days else 0]),
        float(shocks.factors[0 if by_days else column]),
    )
    if choices.measure == DELTA and ground.spot:
        terms = changes.slope_terms(page.book, shock, grids.BUMP, ground.spot, by_beta=page.by_beta)
        return added("Delta", terms, _sum(terms), Unit.GREEK, note=_note(page, shock))
    changed = _changed(page, page.book, shock, "P/L in the scenario", Unit.SHORT)
    if choices.measure != CUSHION or ground.cushion is None:
        return changed
    start = given("Maintenance excess now", ground.cushion, Unit.MONEY, "balances, by the broker")
    terms = [start, *changed.terms]
    cushion = None if changed.value is None else _sum(terms)
    return added("Cushion", terms, cushion, Unit.SHORT, note=changed.note)


def stress(page: RiskPage, rest: str) -> Worked | None:
    """`<number>`, `<number>-share` or `<number>-before`."""
    number, _, part = rest.partition("-")
    item = STRESSES[int(number)]
    book = page.before if part == "before" else page.book
    shock = (item.move, item.days, item.factor)
    whole = _changed(page, book, shock, item.name, Unit.SIGNED)
    if part != "share":
        return whole
    net = page.net_liq
    amount = None if whole.value is None else float(whole.value)
    share = amount / float(net) if amount is not None and net and net > 0 else None
    inputs = [Input("p", "P/L", amount, "the model", None, Unit.SIGNED), _net_liq(page)]
    return worked(f"{item.name}, of net liq", "p/L", inputs, share, Unit.PERCENT_SIGNED)


def curve(page: RiskPage, rest: str) -> Worked | None:
    """`<role of the line>-<place on the axis>`."""
    role, _, place = rest.partition("-")
    axis = page.axis
    if axis is None or not 0 <= int(place) < axis.count:
        return None
    is_before = role == BEFORE
    roles = {each.role: each for each in page.horizons}
    horizon = page.horizons[-1] if is_before else roles[role]
    book = page.before if is_before else page.book
    shock = (float(axis.moves[int(place)]), horizon.days, page.choices.factor)
    changed = _changed(page, book, shock, "", Unit.SIGNED)
    start = page.start(book, is_thought=not is_before)
    words = "P/L open now" if page.choices.base == OPEN else "Edge of the orders' limits"
    terms = [given(words, start, Unit.SIGNED, "marks and open prices"), *changed.terms]
    name = "at the expiration" if horizon.role == END else horizon.name
    title = f"P/L {name} at {axis.spots[int(place)]:.2f}"
    return added(title, terms, _sum(terms), Unit.SIGNED, note=changed.note)


# --- What the book is made of -------------------------------------------------------------------


def part(page: RiskPage, rest: str) -> Worked | None:
    """`<underlying>-amount` or `-share` of the concentration."""
    code, _, name = rest.partition("-")
    underlying = bytes.fromhex(code).decode()
    found = tables.concentration_of(page.book)
    mine = next(one for one in found.parts if one.key == underlying)
    if name == "amount":
        legs = [leg for leg in page.book.legs if leg.leg.underlying == underlying]
        terms = changes.greek_terms(legs, "ddelta", page.book.benchmark_price)
        return added(f"Dollar delta: {underlying}", terms, mine.amount, Unit.GREEK)
    whole = sum((abs(one.amount) for one in found.parts), Decimal(0))
    inputs = [
        Input("a", "Dollar delta", mine.amount, "sum over its legs"),
        Input("w", "Sum of all absolute dollar deltas", whole, "this page"),
    ]
    title = f"Share of {underlying}"
    return worked(title, "abs(a)/w", inputs, mine.share, Unit.PERCENT_FINE)


def power(page: RiskPage, rest: str) -> Worked | None:
    """`<group>-amount` or `-share` of the broker's requirement."""
    code, _, name = rest.partition("-")
    group = bytes.fromhex(code).decode()
    rows = tables.requirements(page.inputs.margins)[group]
    amount = tables.requirement_of(rows)
    if name == "amount":
        terms = [
            given(
                f"Requirement of {group}", tables.requirement_of([row]), Unit.MONEY,
                "margin report, by the broker",
                row.received_at.timestamp() if row.received_at else None,
            )
            for row in rows
        ]  # fmt: skip
        return added(f"Requirement of {group}", terms, amount, Unit.MONEY)
    shares = exposure.requirement_shares({group: amount}, page.net_liq)
    inputs = [
        Input("r", "Requirement", amount, "margin report, by the broker", None, Unit.MONEY),
        _net_liq(page),
    ]
    return worked(f"{group} of net liq", "r/L", inputs, shares[group], Unit.PERCENT_FINE)


def move(page: RiskPage, rest: str) -> Worked | None:
    """`<number>` or `<number>-share` of the expected moves."""
    number, _, name = rest.partition("-")
    found = page.moves
    return None if found is None else expected.worked_move(found, int(number), name == "share")


def term(page: RiskPage, rest: str) -> Worked | None:
    """`<day>`: the volatility of one expiration."""
    metric = page.inputs.metric(page.unit)
    terms = {f"{one.day}": one.volatility for one in (metric.terms if metric else ())}
    title = f"Implied volatility of {page.unit}, {rest}"
    return given(title, terms[rest], Unit.VOLATILITY, "metrics of the broker")


_KINDS: dict[str, Callable[[RiskPage, str], Worked | None]] = {
    "greek": greek,
    "cell": cell,
    "stress": stress,
    "curve": curve,
    "part": part,
    "power": power,
    "move": move,
    "term": term,
}
