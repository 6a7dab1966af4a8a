"""What the confirmation and its one button say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio.ticket import words as ticket_words
from tests.contract.sampling import order_sample


def body(name: str) -> dict[str, Any]:
    return order_sample(name)["request"]["body"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("request_equity_limit_day", "Send: buy 10 MSFT for 182.40 db to …0017"),
        ("request_equity_market_day", "Send: buy 5 KO at the market to …0017"),
        ("request_equity_stop_gtc_close", "Send: sell 10 MSFT at stop 171.25 to …0017"),
        ("request_notional_crypto", "Send: buy BTC/USD for $10.00 to …0017"),
        (
            "request_option_credit_vertical",
            "Send: sell 1 MSFT put credit spread for 1.15 cr to …0017",
        ),
        ("request_option_iron_condor", "Send: sell 2 MSFT iron condor for 1.84 cr to …0017"),
        (
            "request_option_roll",
            "Send: roll +1 MSFT 18 Dec 26 170 P −1 MSFT 15 Jan 27 170 P for 0.62 cr to …0017",
        ),
        (
            "request_otoco",
            "Send: bracket, buy 10 MSFT for 182.40 db, then sell 10 MSFT for 199.50 cr "
            "or sell 10 MSFT at stop 171.25 to …0017",
        ),
        (
            "request_oco",
            "Send: exits, sell 10 MSFT for 199.50 cr or sell 10 MSFT at stop 171.25 to …0017",
        ),
        (
            "request_pairs",
            "Send: pair, buy 30 KO at the market and sell 12 PEP at the market to …0017",
        ),
    ],
)
def test_the_button_says_what_happens(name: str, words: str) -> None:
    assert ticket_words.send_words(body(name), "5WT00017") == words


def test_what_waits_and_what_has_no_price_is_said() -> None:
    waits = ticket_words.send_words(body("request_conditional_route_and_cancel"), "5WT00017")
    assert waits == "Send: buy 20 KO for 60.50 db once its conditions are met, to …0017"
    free = body("request_equity_market_day") | {"order-type": "Marketable Limit"}
    words = "Send: buy 5 KO at a limit that the broker sets, to …0017"
    assert ticket_words.send_words(free, "5WT00017") == words


def test_what_closes_is_named_by_what_it_closes() -> None:
    spread = body("request_option_credit_vertical")
    turned = {"Sell to Open": "Buy to Close", "Buy to Open": "Sell to Close"}
    legs = [leg | {"action": turned[leg["action"]]} for leg in spread["legs"]]
    closing = spread | {"legs": legs, "price": "0.40", "price-effect": "Debit"}
    words = ticket_words.send_words(closing, "5WT00017")
    assert words == "Send: close 1 MSFT put credit spread for 0.40 db to …0017"


def test_conditions_are_sentences() -> None:
    assert ticket_words.condition_words(body("request_conditional_route_and_cancel")) == [
        "Not sent before 19 Nov 10:00 ET.",
        "Sent once the last price of KO is at or below 60.75.",
        "Cancelled at 19 Nov 15:30 ET.",
    ]
    assert ticket_words.condition_words(body("request_pairs")) == []
    assert ticket_words.ratio_words(body("request_pairs")) == [
        "Both are sent once the ratio of their prices is at or above 1.35."
    ]
    assert ticket_words.condition_words(body("request_equity_limit_day")) == []


def test_money_is_lots_times_units_times_price() -> None:
    condor = body("request_option_iron_condor")
    assert ticket_words.money_words(condor, Decimal(100)) == "you receive at least $368.00"
    shares = body("request_equity_limit_day")
    assert ticket_words.money_words(shares, Decimal(1)) == "you pay at most $1,824.00"
    assert ticket_words.money_words(shares, None) == ""
    assert ticket_words.money_words(body("request_notional_equity"), Decimal(1)) == ""


def test_a_group_is_shown_order_by_order() -> None:
    orders = ticket_words.order_words_of(body("request_otoco"), [Decimal(1)] * 3)
    assert [order.title for order in orders] == ["Entry", "Take profit", "Stop"]
    assert [order.price for order in orders] == ["182.40 db", "199.50 cr", "stop 171.25"]
    assert orders[0].money == "you pay at most $1,824.00"
