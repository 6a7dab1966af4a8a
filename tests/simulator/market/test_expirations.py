from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from simulator.market import contracts, expirations, future_options
from simulator.market.universe import equities, futures

NOW = datetime(2026, 3, 11, 18, 30, tzinfo=UTC)
ROWS, PRODUCTS = equities.load(), futures.load()


def board(symbol: str, index: int = 0) -> dict[date, expirations.Expiration]:
    root = expirations.roots_of(ROWS[symbol])[index]
    return {e.date: e for e in expirations.listed(root, NOW)}


def test_weeklies_monthlies_and_a_friday_holiday() -> None:
    found = board("KO")
    assert found[date(2026, 3, 13)].type == "Weekly"
    assert found[date(2026, 3, 20)].type == "Regular"
    assert date(2026, 4, 3) not in found, "Good Friday"
    assert found[date(2026, 4, 2)].type == "Weekly"
    assert found[date(2026, 6, 18)].type == "Regular", "the third Friday is Juneteenth"


def test_index_roots_settle_in_the_morning_or_in_the_afternoon() -> None:
    monthly, daily = board("SPX"), board("SPX", 1)
    am, pm = monthly[date(2026, 4, 17)], daily[date(2026, 4, 17)]
    assert (am.settlement, pm.settlement) == ("AM", "PM")
    assert am.stops.date() == date(2026, 4, 16)
    assert am.expires == datetime(2026, 4, 17, 13, 30, tzinfo=UTC)
    assert pm.stops == pm.expires == datetime(2026, 4, 17, 20, 0, tzinfo=UTC)
    assert daily[date(2026, 3, 31)].type == "Quarterly"
    assert daily[date(2026, 4, 30)].type == "End-Of-Month"


def test_volatility_options_end_thirty_days_before_the_next_third_friday() -> None:
    assert date(2026, 3, 18) in board("VIX")
    assert date(2026, 4, 15) in board("VIX")


def test_half_day_expirations_end_early() -> None:
    root = expirations.roots_of(ROWS["SPY"])[0]
    end = expirations.find(root, date(2026, 11, 27))
    assert end is not None and end.expires == datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("symbol", "last_trade"),
    [
        ("/ESH6", date(2026, 3, 20)),
        ("/ESM6", date(2026, 6, 18)),
        ("/CLK6", date(2026, 4, 21)),
        ("/MCLK6", date(2026, 4, 20)),
        ("/GCJ6", date(2026, 4, 28)),
        ("/6EH6", date(2026, 3, 16)),
        ("/VXJ6", date(2026, 4, 15)),
        ("/ZCZ7", date(2027, 12, 14)),
    ],
)
def test_last_trade_dates(symbol: str, last_trade: date) -> None:
    found = contracts.parse(symbol, PRODUCTS, NOW)
    assert found is not None and found.last_trade == last_trade


def test_active_months_roll() -> None:
    es = PRODUCTS["ES"]
    assert [f.symbol for f in contracts.active(es, NOW)] == ["/ESH6", "/ESM6"]
    later = datetime(2026, 3, 17, 18, tzinfo=UTC)
    assert [f.symbol for f in contracts.active(es, later)] == ["/ESM6", "/ESU6"]


def test_symbols_of_futures_and_their_years() -> None:
    found = contracts.parse("/NQH25", PRODUCTS, datetime(2025, 1, 2, tzinfo=UTC))
    assert found is not None and (found.symbol, found.streamer) == ("/NQH5", "/NQH25:XCME")
    assert contracts.parse("/ESX6", PRODUCTS, NOW) is None, "no November contract"
    assert contracts.parse("/NOPEH6", PRODUCTS, NOW) is None


@pytest.mark.parametrize(
    ("contract", "day", "future", "kind", "settlement"),
    [
        ("EW2J6", date(2026, 4, 10), "/ESM6", "Weekly", "PM"),
        ("EW3H6", date(2026, 3, 20), "/ESM6", "Weekly", "PM"),
        ("ESM6", date(2026, 6, 18), "/ESM6", "Quarterly", "AM"),
        ("EWH6", date(2026, 3, 31), "/ESM6", "End-Of-Month", "PM"),
    ],
)
def test_each_future_option_expiration_names_its_own_future(
    contract: str, day: date, future: str, kind: str, settlement: str
) -> None:
    found = future_options.find(PRODUCTS["ES"], contract, day)
    assert found is not None
    assert (found.future.symbol, found.type, found.settlement) == (future, kind, settlement)


def test_gold_weekly_delivers_the_contract_free_of_notice() -> None:
    found = future_options.find(PRODUCTS["GC"], "OG4G4", date(2024, 2, 23))
    assert found is not None and found.future.symbol == "/GCJ4"


def test_ended_expirations_leave_the_board() -> None:
    root = expirations.roots_of(ROWS["SPY"])[0]
    before = expirations.listed(root, datetime(2026, 3, 11, 19, 59, tzinfo=UTC))
    after = expirations.listed(root, datetime(2026, 3, 11, 20, 0, tzinfo=UTC))
    assert before[0].date == date(2026, 3, 11)
    assert after[0].date == date(2026, 3, 12)
