"""The arithmetic of one leg's figures, from the values that its row shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from portfolio.analytics.arithmetic import Input, Number, Unit, Worked, added, given, worked
from portfolio.analytics.facts import ZERO, Kind
from portfolio.analytics.lots import Closing, Lot
from portfolio.figures import legs as shared
from portfolio.figures.legs import BROKER, marks_of, title_of
from portfolio.positions import legs as numbers
from portfolio.positions.columns import Column
from portfolio.positions.legs import LegView

BOOKED = "bookings, by lots"


def explain(view: LegView, column: Column, amount: Number | None, now: float, ref: str) -> Worked:
    """How the number of a column came about; the number is the one that the row shows."""
    made = _FIGURES.get(column.key, _stated)(view, column, amount, now)
    return replace(made, ref=ref)


def nearest(label: str, amount: Number | None, ref: str) -> Worked:
    return given(f"DTE: {label}", amount, Unit.DTE, "the nearest expiration of its legs", ref=ref)


_SOURCES = {
    "qty": BROKER, "price": BROKER, "dte": "expiration of the instrument, by the market's day",
    "held": "the oldest open lot of the bookings", "bid": "quotes of the feed",
    "ask": "quotes of the feed",
}  # fmt: skip


def _stated(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    if column.key == "price" and view.leg.holding.kind is Kind.UNKNOWN:
        source = BROKER
    else:
        source = _SOURCES.get(column.key, "the mirror")
    at = None
    if column.key in ("bid", "ask"):
        quote = view.scene.valuation.book(view.leg.feed).quote(view.leg.streamer_symbol)
        at = quote.received_at if quote is not None else None
    return given(title_of(view.value, column.label), amount, column.unit, source, at)


# --- Profit and loss ------------------------------------------------------------------------------


def _open(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    if view.is_closed:
        return given(title_of(view.value, column.label), amount, Unit.SIGNED, "closed today")
    return _less_fees(shared.open_pnl(view.value, now), view, amount, "fees_open")


def _day(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    return _less_fees(shared.day_pnl(view.value, now), view, amount, "fees_day")


def _less_fees(figure: Worked, view: LegView, amount: Number | None, name: str) -> Worked:
    """The same less the fees of its trades, where the page shows it so."""
    if not view.scene.after_fees:
        return figure
    paid = view.fees(getattr(view.pnl, name))
    fees = Input("f", "Fees of its trades", paid, BOOKED, None, Unit.MONEY)
    base = figure.expression or "x"
    return replace(
        figure, value=amount, expression=f"{base}-f", inputs=(*figure.inputs, fees),
        title=f"{figure.title}, after fees",
    )  # fmt: skip


def _year(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    """Per lot: held q·(m − b)·M and closed in the year q·(x − b)·M, b the mark of 31 December or,
    for what was opened since, its own price."""
    span = view.scene.ledgers.year_span(view.scene.legs[view.leg.pk])
    ledger, _ = view.scene.ledgers.ledger(view.scene.legs[view.leg.pk])
    closed = [item for item in ledger.closings if item.closed >= span.first]

    def base(opened: object, price: Decimal) -> Decimal:
        return price if opened >= span.first or span.base is None else span.base  # type: ignore[operator]

    terms = [_lot(view, lot, base(lot.day, lot.price), now) for lot in ledger.lots]
    terms += [_closing(view, item, base(item.opened, item.opened_at_price)) for item in closed]
    notes = "; ".join(note.value for note in view.pnl.year.notes)
    paid = view.pnl.fees_year
    return _of_lots(view, column, terms, amount, paid, notes)


def _realized(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    ledger = view.scene.ledgers.ledger(view.scene.legs[view.leg.pk])[0].present
    terms = [_closing(view, item, item.opened_at_price) for item in ledger.closings]
    notes = "; ".join(note.value for note in view.pnl.realized.notes)
    paid = view.pnl.fees - view.pnl.fees_open
    return _of_lots(view, column, terms, amount, paid, notes)


def _of_lots(
    view: LegView, column: Column, terms: list[Worked], amount: Number | None, paid: Decimal,
    notes: str,
) -> Worked:  # fmt: skip
    title = title_of(view.value, column.label)
    if view.scene.after_fees:
        fees = -paid
        terms.append(given("Less fees of its trades", fees, Unit.SIGNED, BOOKED))
    if view.is_part:
        whole = sum((term.value for term in terms if isinstance(term.value, Decimal)), ZERO)
        inputs = (
            Input("w", "Of the whole position", whole, BOOKED, None, Unit.SIGNED),
            Input("s", "Share of this strategy", view.share, BOOKED),
        )
        return worked(title, "w*s", inputs, amount, Unit.SIGNED, note=notes)
    if not terms:
        return given(title, amount, Unit.SIGNED, BOOKED, note=notes)
    return added(title, terms, amount, Unit.SIGNED, note=notes)


def _lot(view: LegView, lot: Lot, base: Decimal, now: float) -> Worked:
    multiplier = view.leg.holding.multiplier
    at = view.value.mark
    price = at.price if at else None
    known = price is not None and multiplier is not None
    value = lot.quantity * (price - base) * multiplier if known else None  # type: ignore[operator]
    inputs = (
        Input("q", "Quantity", lot.quantity, BOOKED),
        shared.mark_input(view.value, now),
        Input("b", "Counted from", base, BOOKED, None, Unit.PRICE),
        Input("M", "Multiplier", multiplier, BROKER),
    )
    return worked(_held_title(lot), "q*(m-b)*M", inputs, value, Unit.SIGNED)


def _held_title(lot: Lot) -> str:
    return f"Held since {lot.day:%Y-%m-%d}" if lot.day.year > 1 else "Held from before"


def _closing(view: LegView, item: Closing, base: Decimal) -> Worked:
    multiplier = view.leg.holding.multiplier
    moved = item.closed_at_price - base
    value = None if multiplier is None else item.quantity * moved * multiplier
    inputs = (
        Input("q", "Quantity", item.quantity, BOOKED),
        Input("x", "Closed at", item.closed_at_price, BOOKED, None, Unit.PRICE),
        Input("b", "Counted from", base, BOOKED, None, Unit.PRICE),
        Input("M", "Multiplier", multiplier, BROKER),
    )
    title = f"Closed {item.closed:%Y-%m-%d}"
    return worked(title, "q*(x-b)*M", inputs, value, Unit.SIGNED)


def _fees(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    title = title_of(view.value, column.label)
    if not view.is_part:
        return given(title, amount, Unit.MONEY, BOOKED)
    inputs = (
        Input("w", "Of the whole position", view.pnl.fees, BOOKED, None, Unit.MONEY),
        Input("s", "Share of this strategy", view.share, BOOKED),
    )
    return worked(title, "w*s", inputs, amount, Unit.MONEY)


def _ratio(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    gain, cost = numbers.open_pnl(view), numbers.cost(view)
    inputs = (
        Input("P", "P/L open", gain if isinstance(gain, Decimal) else None, "this row", None,
              Unit.SIGNED),
        Input("C", "Cost", cost if isinstance(cost, Decimal) else None, BROKER, None, Unit.SIGNED),
    )  # fmt: skip
    return worked(title_of(view.value, column.label), "P/abs(C)", inputs, amount, column.unit)


# --- Values and Greeks ----------------------------------------------------------------------------


def _cost(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    return replace(shared.cost(view.value, now), unit=column.unit)


def _value(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    if view.leg.holding.kind is not Kind.FUTURE:
        return shared.market_value(view.value, now)
    day = shared.day_pnl(view.value, now)
    note = "The cash of earlier settlements has moved already"
    return replace(
        day, title=title_of(view.value, column.label), expression="q*(m-c)*M", value=amount,
        inputs=tuple(item for item in day.inputs if item.name != "r"), unit=Unit.MONEY, note=note,
    )  # fmt: skip


def _worth(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    """Intrinsic and extrinsic value."""
    holding, spot = view.leg.holding, view.spot
    inside = "max(0,S-K)" if view.leg.right == "C" else "max(0,K-S)"
    inputs = [
        Input("q", "Quantity, signed", holding.quantity, BROKER),
        Input("M", "Multiplier", holding.multiplier, BROKER),
        Input("S", "Price of what it delivers", spot, "quotes of the feed", None, Unit.PRICE),
        Input("K", "Strike", view.leg.strike, "the instrument"),
    ]
    if column.key == "intrinsic":
        formula = f"q*M*{inside}"
    else:
        inputs.append(shared.mark_input(view.value, now))
        formula = f"q*M*max(0,m-{inside})"
    title = title_of(view.value, column.label)
    return worked(title, formula, inputs, amount, column.unit, marks=marks_of(view.value))


def _greek(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    return shared.greek(view.value, column.key, now)


def _beta(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    scene, spot = view.scene, view.spot
    beta, source = scene.beta(view.leg.underlying)
    benchmark = scene.known.benchmark
    inputs = (
        Input("d", "Position delta", view.value.greeks.delta, "this row", None, Unit.GREEK),
        Input("β", "Beta", beta, source),
        Input("S", "Price of the underlying", spot, "quotes of the feed", None, Unit.PRICE),
        Input("B", f"Price of {benchmark}", scene.benchmark_price, "quotes of the feed", None,
              Unit.PRICE),
    )  # fmt: skip
    title = title_of(view.value, column.label)
    marks = marks_of(view.value, greeks=True)
    return worked(title, "d*β*S/B", inputs, amount, column.unit, marks=marks)


def _mark(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    return shared.mark(view.value, now)


def _volatility(view: LegView, column: Column, amount: Number | None, now: float) -> Worked:
    return shared.volatility(view.value, now)


_FIGURES: dict[str, Callable[[LegView, Column, Number | None, float], Worked]] = {
    "open": _open, "day": _day, "year": _year, "realized": _realized, "fees": _fees,
    "ratio": _ratio, "cost": _cost, "value": _value, "intrinsic": _worth, "extrinsic": _worth,
    "delta": _greek, "gamma": _greek, "theta": _greek, "vega": _greek, "beta": _beta,
    "mark": _mark, "iv": _volatility,
}  # fmt: skip
