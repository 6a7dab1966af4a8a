"""What a person should keep in mind about the model behind a book's scenarios."""

from __future__ import annotations

from collections.abc import Callable

from portfolio.risk.book import RiskBook
from portfolio.risk.legs import ASSUMED, FUTURE_OPTION, MARK, RiskLeg


def warnings_of(book: RiskBook, *, by_beta: bool) -> list[str]:
    """Sentences, the weightiest first; only those that touch a leg of the book."""
    legs, options = book.legs, [leg for leg in book.legs if leg.leg.is_option]
    found = []
    if by_beta and len({leg.leg.underlying for leg in legs}) > 1:
        found.append(
            f"Every underlying is moved by its beta times the move of {book.benchmark}, all at "
            "once: how they move apart from it is not in these figures."
        )
    found += [
        sentence.format(count=_legs(count))
        for test, sentence in _TESTS
        if (count := sum(1 for leg in options if test(leg)))
    ]
    return found


def _legs(count: int) -> str:
    return f"{count} leg" if count == 1 else f"{count} legs"


def _pays(leg: RiskLeg) -> bool:
    on_future = leg.leg.instrument_type == FUTURE_OPTION
    return leg.is_american and leg.dividend_yield > 0 and not on_future


_TESTS: tuple[tuple[Callable[[RiskLeg], bool], str], ...] = (
    (
        lambda leg: leg.leg.days == 0,
        "{count} expire today: in the last hours prices move by jumps that no model foresees.",
    ),
    (
        _pays,
        "{count} may be exercised early for a dividend: the model spreads dividends over the year, "
        "and does not know the day.",
    ),
    (
        lambda leg: leg.volatility_from == MARK,
        "{count} without volatility from the feed: it is the one that the mark implies, by the "
        "European model.",
    ),
    (
        lambda leg: leg.volatility_from == ASSUMED and leg.volatility is not None,
        "{count} valued at an assumed volatility, that of the underlying.",
    ),
    (lambda leg: leg.by_model, "{count} with Greeks of the model: the feed sent none."),
    (
        lambda leg: any(badge == "ADJ" for badge, _ in leg.leg.badges),
        "{count} adjusted: valued by the shares that they deliver, without cash that comes with "
        "them.",
    ),
)
