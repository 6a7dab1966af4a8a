"""What scenarios need beside the desk: betas and volatility by underlying, the styles of options,
margin by underlying, the rate, the benchmark. A constant number of queries; what is not mirrored is
read through the broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from brokerage import reads, selectors
from brokerage.models import Connection, MarginRequirement
from portfolio import formats
from portfolio.facts import Desk, Leg

DEFAULT_BENCHMARK = "SPY"
# Betas of the broker are against the S&P 500: these are it.
MARKET = ("SPY", "SPX", "XSP")
# Index futures move with the index that an exchange-traded fund follows: its beta stands in.
PROXIES = {
    "/ES": "SPY", "/MES": "SPY", "/NQ": "QQQ", "/MNQ": "QQQ", "/RTY": "IWM", "/M2K": "IWM",
    "/YM": "DIA", "/MYM": "DIA",
}  # fmt: skip
EQUITY = "Equity"


@dataclass(frozen=True, slots=True)
class Term:
    """The implied volatility (a fraction) of one expiration."""

    day: date
    volatility: float


@dataclass(frozen=True, slots=True)
class Metric:
    """The broker's figures of an underlying; fractions, None where it did not say."""

    symbol: str
    beta: float | None = None
    volatility: float | None = None
    dividend_yield: float | None = None
    ex_date: date | None = None
    dividend: Decimal | None = None
    earnings: date | None = None
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """`prices`: of underlyings that the stream has not sent; `gaps` say what could not be read."""

    benchmark: str = DEFAULT_BENCHMARK
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    margins: tuple[MarginRequirement, ...] = ()
    rate: float = 0.0
    gaps: tuple[str, ...] = ()

    def metric(self, underlying: str) -> Metric | None:
        return self.metrics.get(underlying)

    def beta(self, underlying: str) -> tuple[float | None, str]:
        """(beta against the benchmark, where it comes from); None where nobody says."""
        if underlying == self.benchmark:
            return 1.0, "the benchmark itself"
        own, words = self._market_beta(underlying)
        base, _ = self._market_beta(self.benchmark)
        if own is None or not base:
            return None, "no beta from the broker"
        if self.benchmark in MARKET:
            return own, words
        return own / base, f"{words} ÷ beta of {self.benchmark}"

    def _market_beta(self, underlying: str) -> tuple[float | None, str]:
        if underlying in MARKET:
            return 1.0, "the S&P 500 itself"
        proxy = PROXIES.get(underlying, underlying)
        if proxy in MARKET:
            return 1.0, f"as {proxy}"
        metric = self.metrics.get(proxy)
        words = "the broker's beta" if proxy == underlying else f"the beta of {proxy}"
        return (metric.beta if metric else None), words


def load(
    desk: Desk, *, benchmark: str = DEFAULT_BENCHMARK, more: Iterable[Leg] = (),
    lacking: Iterable[tuple[str, str]] = (),
) -> Inputs:  # fmt: skip
    """Read the inputs of a desk and of legs that are only thought of.

    `lacking`: (kind, symbol) of underlyings without a price on the stream, to be asked over REST.
    """
    account = next(iter(desk.accounts), None)
    if account is None:
        return Inputs(benchmark)
    legs = [*desk.legs, *more]
    connection, environment = account.connection, account.account.environment
    names = {leg.underlying for leg in legs} | {benchmark}
    wanted = {PROXIES.get(name, name) for name in names}
    gaps: list[str] = []
    metrics = _metrics(environment, connection, wanted, gaps)
    options = {leg.symbol for leg in legs if leg.is_option}
    styles = selectors.instruments_for(environment, options)
    return Inputs(
        benchmark=benchmark,
        metrics=metrics,
        styles={symbol: row.exercise_style for symbol, row in styles.items()},
        prices=_prices(connection, lacking, gaps),
        margins=tuple(selectors.margin_for(item.account for item in desk.accounts)),
        rate=_rate(connection, gaps),
        gaps=tuple(gaps),
    )


def _metrics(
    environment: str, connection: Connection | None, wanted: set[str], gaps: list[str]
) -> dict[str, Metric]:
    """Mirrored ones first; the broker is asked for the others (futures and coins have none)."""
    found = {row.symbol: _metric(row) for row in selectors.metrics_for(environment, wanted)}
    missing = [name for name in wanted - set(found) if not name.startswith("/") and "/" not in name]
    if missing and connection is not None:
        try:
            read = reads.metrics(connection, missing).value
            found |= {symbol: _metric(payload) for symbol, payload in read.items()}
        except reads.ReadError as problem:
            gaps.append(f"Betas of {', '.join(sorted(missing))} could not be read: {problem}")
    return found


def _metric(row: Any) -> Metric:
    """A mirrored row or the broker's answer: both keep the answer's words under `raw`."""
    raw = row.raw or {}
    earnings = (raw.get("earnings") or {}).get("expected-report-date")
    return Metric(
        symbol=row.symbol,
        beta=_float(row.beta),
        volatility=_float(row.implied_volatility_index) or None,
        dividend_yield=_float(raw.get("dividend-yield")),
        ex_date=row.dividend_ex_date,
        dividend=row.dividend_rate_per_share,
        earnings=date.fromisoformat(earnings) if earnings else None,
        terms=_terms(raw.get("option-expiration-implied-volatilities") or ()),
    )


def _terms(rows: Iterable[Mapping[str, Any]]) -> tuple[Term, ...]:
    """One volatility a day: of two series of one day that which settles at the close."""
    found: dict[date, float] = {}
    for row in sorted(rows, key=lambda item: item.get("settlement-type") != "AM"):
        day, volatility = row.get("expiration-date"), _float(row.get("implied-volatility"))
        if day and volatility:
            found[date.fromisoformat(day)] = volatility
    return tuple(Term(day, found[day]) for day in sorted(found))


def _float(value: Any) -> float | None:
    number = formats.decimal(value)
    return None if number is None else float(number)


def _rate(connection: Connection | None, gaps: list[str]) -> float:
    try:
        rate = reads.risk_free_rate(connection).value if connection is not None else None
    except reads.ReadError:
        rate = None
    if rate is None:
        gaps.append("The broker's interest rate could not be read: options are valued at 0%.")
    return float(rate or 0)


def _prices(
    connection: Connection | None, lacking: Iterable[tuple[str, str]], gaps: list[str]
) -> dict[str, float]:
    groups: dict[str, list[str]] = {}
    for kind, symbol in lacking:
        groups.setdefault(kind, []).append(symbol)
    if connection is None or not groups:
        return {}
    try:
        found = reads.market_data(connection, groups).value
    except reads.ReadError as problem:
        gaps.append(f"Prices of underlyings could not be read: {problem}")
        return {}
    return {symbol: float(data.best_price) for symbol, data in found.items() if data.best_price}
