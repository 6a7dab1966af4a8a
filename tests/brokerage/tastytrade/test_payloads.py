from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.tastytrade.errors import MalformedAnswer, TastytradeError
from brokerage.tastytrade.payloads.balances import Balance, NetLiqBar
from brokerage.tastytrade.payloads.base import Payload, fields_of
from brokerage.tastytrade.payloads.chains import FutureNestedChain
from brokerage.tastytrade.payloads.customers import Account, Customer, TradingStatus
from brokerage.tastytrade.payloads.instruments import FutureOption
from brokerage.tastytrade.payloads.margin import MarginDryRun, MarginRequirements
from brokerage.tastytrade.payloads.market_data import MarketData, MarketMetrics
from brokerage.tastytrade.payloads.market_time import Holidays
from brokerage.tastytrade.payloads.orders import BuyingPowerEffect, FeeCalculation, Order
from brokerage.tastytrade.payloads.positions import Position
from brokerage.tastytrade.payloads.tokens import QuoteToken
from brokerage.tastytrade.payloads.transactions import Transaction
from brokerage.tastytrade.payloads.watchlists import Watchlist


def position(**changes: Any) -> Position:
    known = {"symbol": "AAPL", "instrument-type": "Equity", "quantity": 2}
    return Position.read(known | {key.replace("_", "-"): value for key, value in changes.items()})


@pytest.mark.parametrize("quantity", [2, "2", "2.0", Decimal(2), 2.0])
def test_quantities_of_all_spellings(quantity: Any) -> None:
    assert position(quantity=quantity, quantity_direction="Long").signed_quantity == 2


def test_directions() -> None:
    assert position(quantity_direction="Short").signed_quantity == -2
    assert position(quantity_direction="Zero", quantity=0).signed_quantity == 0
    assert position(quantity=None).signed_quantity is None


def test_gains_are_signed_and_missing_is_none() -> None:
    found = position(realized_today="12.5", realized_today_effect="Debit", mark_price="NaN")
    assert found.realized_today == Decimal("-12.5")
    assert found.realized_day_gain is None
    assert found.mark_price is None


def test_effects_with_irregular_names() -> None:
    balance = Balance.read(
        {
            "account-number": "5WT00001",
            "intraday-futures-cash-amount": "362.5",
            "intraday-futures-cash-effect": "Debit",
            "intraday-equities-cash-amount": "1.0",
            "intraday-equities-cash-effect": "Credit",
            "unsettled-cryptocurrency-fiat-amount": "3.0",
            "unsettled-cryptocurrency-fiat-effect": "Debit",
            "previous-day-cryptocurrency-fiat-amount": "4.0",
            "previous-day-cryptocurrency-fiat-effect": "Debit",
            "previous-date-cryptocurrency-fiat-effective-date": "2026-03-10",
            "pending-cash": "5.0",
            "pending-cash-effect": "Debit",
            "cash-balance": "-6.0",
            "short-equity-value": "7.0",
        }
    )
    assert balance.intraday_futures_cash_amount == Decimal("-362.5")
    assert balance.intraday_equities_cash_amount == Decimal("1.0")
    assert balance.unsettled_cryptocurrency_fiat_amount == Decimal("-3.0")
    assert balance.previous_day_cryptocurrency_fiat_amount == Decimal("-4.0")
    assert balance.previous_day_cryptocurrency_fiat_effective_date == date(2026, 3, 10)
    assert balance.pending_cash == Decimal("-5.0")
    # Signed by themselves, or magnitudes by definition.
    assert balance.cash_balance == Decimal("-6.0")
    assert balance.short_equity_value == Decimal("7.0")
    assert balance.net_liquidating_value is None


def test_the_effect_whose_name_ends_in_effect_twice() -> None:
    found = MarginDryRun.read(
        {
            "isolated-order-buying-power-effect": "10.0",
            "isolated-order-buying-power-effect-effect": "Debit",
        }
    )
    assert found.isolated_order_buying_power_effect == Decimal("-10.0")


def test_fees_and_impact() -> None:
    fees = FeeCalculation.read(
        {
            "total-fees": "2.302",
            "total-fees-effect": "Debit",
            "rebates": "0.1",
            "rebates-effect": "Credit",
            "regulatory-fees-breakdown": [{"name": "orf", "value": "0.04", "effect": "Debit"}],
        }
    )
    assert fees.total_fees == Decimal("-2.302")
    assert fees.rebates == Decimal("0.1")
    assert fees.regulatory_fees_breakdown[0].value == Decimal("-0.04")
    effect = BuyingPowerEffect.read({"impact": "102.302", "effect": "Debit"})
    assert effect.impact == Decimal("-102.302")


def test_prices_of_orders_keep_magnitude_and_effect() -> None:
    order = Order.read({"id": 1, "price": "1.15", "price-effect": "Debit", "updated-at": 0})
    assert (order.price, order.price_effect) == (Decimal("1.15"), "Debit")
    assert order.signed_price == Decimal("-1.15")
    assert order.updated_at_ms == 0


@pytest.mark.parametrize("key", ["pending-cash-open", "pendingCashOpen", "pending_cash_open"])
def test_keys_of_all_spellings(key: str) -> None:
    assert NetLiqBar.read({key: "1.5"}).pending_cash_open == Decimal("1.5")


def test_aliases() -> None:
    assert MarketData.read({"symbol": "A", "trading-halted": True}).is_trading_halted is True
    assert MarketData.read({"symbol": "A", "day-high": "2"}).day_high == 2
    assert MarketMetrics.read(
        {"symbol": "A", "implied-volatility-rank": "0.2"}
    ).implied_volatility_index_rank == Decimal("0.2")
    assert (
        Watchlist.read(
            {"name": "x", "watchlist-entries": [{"symbol": "SPY", "instrument_type": "Equity"}]}
        )
        .watchlist_entries[0]
        .instrument_type
        == "Equity"
    )


def test_flags_in_words_and_absent_ones() -> None:
    status = TradingStatus.read({"is-closed": "false", "is-frozen": "true", "is-closing-only": ""})
    assert status.is_closed is False
    assert status.is_blocked is True
    assert status.is_closing_only is None
    assert status.is_reduce_only is None


def test_unknown_fields_and_words_are_kept() -> None:
    source = {"id": 7, "status": "Pondering", "novel-key": {"x": 1}}
    order = Order.read(source)
    assert order.status == "Pondering"
    assert order.raw == source


def test_unreadable_values_are_named_and_not_guessed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = position(close_price="12;5", multiplier="ten")
    assert found.close_price is None
    assert set(found.unreadable) == {"close-price", "multiplier"}
    assert "close-price" in caplog.text and "12;5" not in caplog.text


def test_an_object_without_identity_is_no_object() -> None:
    for kind, source in (
        (Position, {"quantity": 1}),
        (Position, {"symbol": "", "instrument-type": "Equity"}),
        (Account, {}),
        (Transaction, {"id": None}),
        (QuoteToken, {"dxlink-url": "wss://x"}),
        (Account, []),
        (Account, "text"),
    ):
        with pytest.raises(MalformedAnswer):
            kind.read(source)


def test_an_order_with_an_unreadable_leg_is_refused_whole() -> None:
    with pytest.raises(MalformedAnswer):
        Order.read({"id": 1, "legs": [{"quantity": 1}]})


def test_empty_margin_groups_are_skipped() -> None:
    report = MarginRequirements.read({"groups": [{}, {"code": "AAPL", "groups": [{}]}]})
    assert [group.code for group in report.groups] == ["AAPL"]
    assert report.groups[0].groups == ()


def test_lots_as_object_or_list() -> None:
    lot = {"id": "L1", "quantity": "1.0"}
    for lots in (lot, [lot]):
        assert Transaction.read({"id": 1, "lots": lots}).lots[0].quantity == 1


def test_holidays_as_object_or_list() -> None:
    christmas = date(2026, 12, 25)
    assert Holidays.read(["2026-12-25"]).market_holidays == (christmas,)
    found = Holidays.read({"market-holidays": ["2026-12-25"], "market-half-days": ["2026-12-24"]})
    assert found.market_half_days == (date(2026, 12, 24),)


def test_a_wrapped_futures_chain() -> None:
    found = FutureNestedChain.read({"Serializer": {"futures": [{"symbol": "/ESM6"}]}})
    assert found.futures[0].symbol == "/ESM6"


def test_money_per_point_of_a_future_option() -> None:
    option = FutureOption.read(
        {"symbol": "x", "notional-value": "0.5", "display-factor": "0.01", "multiplier": "1.0"}
    )
    assert option.money_per_point == 50
    assert FutureOption.read({"symbol": "x"}).money_per_point is None


def test_payloads_are_frozen() -> None:
    with pytest.raises(AttributeError):
        position().symbol = "TSLA"  # type: ignore[misc]


def test_reprs_show_no_person_and_no_account() -> None:
    customer = Customer.read({"first-name": "Dana", "email": "dana@example.com", "id": "me"})
    account = Account.read({"account-number": "5WT00001", "nickname": "Dana's"})
    token = QuoteToken.read({"token": "canary", "dxlink-url": "wss://x"})
    shown = f"{customer!r} {account!r} {token!r} {token.token!r}"
    for hidden in ("Dana", "example.com", "5WT00001", "canary"):
        assert hidden not in shown


def _all_payloads(base: type[Payload] = Payload) -> list[type[Payload]]:
    found = base.__subclasses__()
    return found + [deeper for kind in found for deeper in _all_payloads(kind)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", _all_payloads(), ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_any_json_is_read_or_refused_as_malformed(kind: type[Payload], data: st.DataObject) -> None:
    keys = [key for field in fields_of(kind) for key in field.keys]
    source = data.draw(st.dictionaries(st.sampled_from(keys), json_values, max_size=6))
    try:
        found = kind.read(source)
    except TastytradeError:
        return
    assert found.raw == source
    msgspec.structs.asdict(found)
