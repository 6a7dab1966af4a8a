"""What expirations do, by hand-worked books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portfolio.analytics import expiration
from portfolio.analytics.expiration import ExpiringLeg, Fate, Settlement
from portfolio.analytics.strategies.legs import Form

D = Decimal
FRIDAY, LATER = date(2026, 4, 17), date(2026, 5, 15)


def option(
    quantity: int, form: Form, strike: str, day: date = FRIDAY, **facts: object
) -> ExpiringLeg:
    values: dict = {"multiplier": D(100), "delivered": D(100), "expiration": day, **facts}
    key = f"{quantity}{form.value}{strike}{day}"
    return ExpiringLeg(key, "A", "XYZ", form, D(quantity), strike=D(strike), **values)


def shares(quantity: int) -> ExpiringLeg:
    return ExpiringLeg("s", "A", "XYZ", Form.STOCK, D(quantity), D(1))


def view(legs: list[ExpiringLeg], spot: str | None) -> expiration.AccountView:
    (found,) = expiration.view(legs, FRIDAY, {"XYZ": D(spot)} if spot else {})
    return found


def test_a_covered_call_is_called_away() -> None:
    found = view([shares(100), option(-1, Form.CALL, "105")], "107")
    (item,) = found.outcomes
    assert (item.fate, item.in_the_money, item.shares, item.cash) == (
        Fate.ASSIGNED,
        D(2),
        D(-100),
        D(10500),
    )
    assert (found.shares_before, found.shares_after, found.uncovered) == (D(100), D(0), D(0))


def test_a_short_put_buys_shares_and_a_long_call_is_exercised() -> None:
    found = view([option(-2, Form.PUT, "110"), option(1, Form.CALL, "95")], "107")
    assert [item.fate for item in found.outcomes] == [Fate.ASSIGNED, Fate.EXERCISED]
    assert found.shares_after == D(300)
    assert found.cash == D(-22000 - 9500)


def test_out_of_the_money_expires_and_one_cent_is_enough() -> None:
    assert view([option(-1, Form.CALL, "107")], "107").outcomes[0].fate is Fate.EXPIRES
    assert view([option(-1, Form.CALL, "106.99")], "107").outcomes[0].fate is Fate.ASSIGNED


def test_cash_settled_options_leave_no_shares() -> None:
    cash = {"settlement": Settlement.CASH}
    found = view(
        [option(-1, Form.CALL, "6000", **cash), option(1, Form.CALL, "6050", **cash)], "6030"
    )
    assert (found.cash, found.shares_after, found.pinned) == (D(-3000), D(0), ())


def test_a_later_short_call_is_uncovered_once_the_shares_are_gone() -> None:
    legs = [shares(100), option(-1, Form.CALL, "105"), option(-1, Form.CALL, "115", LATER)]
    assert view(legs, "107").uncovered == D(100)
    assert view(legs, "104").uncovered == D(0)
    covered = [*legs, option(1, Form.CALL, "120", LATER)]
    assert view(covered, "107").uncovered == D(0)


def test_the_legs_without_cover_are_named() -> None:
    later = [option(-1, Form.CALL, strike, LATER) for strike in ("115", "125", "120")]
    legs = [shares(100), option(1, Form.PUT, "90"), *later]
    found = view(legs, "107")
    assert found.uncovered == D(200)
    assert [leg.strike for leg in found.uncovered_legs] == [D(125), D(120)]
    assert view([shares(300), *legs[1:]], "107").uncovered_legs == ()


def test_near_the_strike_both_ends_are_shown() -> None:
    found = view([option(-1, Form.CALL, "100"), option(-1, Form.PUT, "90")], "100.20")
    assert found.pinned == (D(100),)
    assert found.shares_after == D(-100)
    assert found.pinned_shares == (D(-100), D(0))
    out = view([option(-1, Form.CALL, "100")], "99.80")
    assert (out.shares_after, out.pinned_shares) == (D(0), (D(-100), D(0)))


def test_without_a_price_nothing_is_assumed() -> None:
    found = view([option(-1, Form.CALL, "100")], None)
    assert found.outcomes[0].fate is Fate.UNKNOWN
    assert not found.is_complete


def test_an_option_on_a_future_delivers_the_future_for_no_cash() -> None:
    leg = option(1, Form.CALL, "5000", multiplier=D(50), delivered=D(1))
    found = view([leg], "5020")
    assert (found.shares_after, found.cash) == (D(1), D(0))


def test_accounts_stay_apart_and_later_dates_stay_out() -> None:
    legs = [option(-1, Form.PUT, "110"), option(-1, Form.PUT, "110", LATER)]
    other = ExpiringLeg("o", "B", "XYZ", Form.STOCK, D(500), D(1))
    (found,) = expiration.view([*legs, other], FRIDAY, {"XYZ": D(100)})
    assert (found.account, len(found.outcomes), found.shares_before) == ("A", 1, D(0))


def test_dividend_risk_of_short_calls() -> None:
    risky = option(-2, Form.CALL, "95", LATER, mark=D("12.30"))
    safe = option(-1, Form.CALL, "105", LATER, mark=D("4.00"))
    blind = option(-1, Form.CALL, "96", LATER)
    dividends = {"XYZ": (date(2026, 5, 8), D("0.80"))}
    (found,) = expiration.dividend_risks([risky, safe, blind], {"XYZ": D(107)}, dividends)
    assert (found.leg, found.extrinsic, found.cost) == (risky, D("0.30"), D("160.00"))
    before = {"XYZ": (date(2026, 6, 1), D("0.80"))}
    assert expiration.dividend_risks([risky], {"XYZ": D(107)}, before) == []
