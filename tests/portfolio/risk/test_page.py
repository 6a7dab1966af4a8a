"""The risk page in its states, for its owner alone, every figure with its arithmetic."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.risk.grids import columns_of
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.risk.scenes import all_metrics, metric, page_of
from tests.portfolio.views.test_pages import assert_sound

pytestmark = pytest.mark.django_db
URL = "/risk/"
QUERIES = (
    "", "of=SPY", "of=KO&base=now&until=&days=30", "measure=delta", "measure=cushion",
    "across=volatility&days=3", "by=strategy", "by=account", "by=expiration", "factor=2.0",
    "span=50", "benchmark=KO", "missing=assume",
)  # fmt: skip


def html_of(web: Client, query: str = "") -> str:
    answer = web.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def without_data(html: str) -> str:
    """The page without the JSON of its charts, which no browser runs."""
    return re.sub(r'<script id="[\w-]+" type="application/json">.*?</script>', "", html, flags=re.S)


def data_of(html: str, id: str) -> dict[str, Any]:
    found = re.search(rf'<script id="{id}-data" type="application/json">(.*?)</script>', html, re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def test_somebody_who_has_nothing(web: Client) -> None:
    assert "Connect a login" in html_of(web)


def test_an_account_without_positions(web: Client, user: Any) -> None:
    factories.make_balance(factories.make_account(factories.make_connection(user)))
    html = html_of(web)
    assert "Nothing to value" in html
    assert_sound(without_data(html))


@pytest.mark.parametrize("query", QUERIES)
def test_every_wish_is_shown(web: Client, book: Any, query: str) -> None:
    all_metrics()
    html = html_of(web, query)
    assert_sound(without_data(html))
    assert not walking.unmarked(html)


def test_strangers_see_nothing_of_it(strangers_web: Client, book: Any) -> None:
    all_metrics()
    for query in ("", "of=SPY", "off=1"):
        html = html_of(strangers_web, query)
        assert "Connect a login" in html and "data-chart" not in html
    answer = strangers_web.get(f"{reverse('portfolio:figure')}?ref=risk-stress-0")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("days=x", "Enter a whole number"),
        ("days=-1", "greater than or equal to 0"),
        ("of=NOPE", "not one of the available choices"),
        ("factor=9", "not one of the available choices"),
        ("until=soon", "not one of the available choices"),
        ("of=SPY&measure=cushion", "The cushion is that of whole accounts"),
        ("add_leg=yes&new_symbol=SPY&new_quantity=x", "The quantity is a number"),
        ("add=x", "The quantity is a number"),
    ],
)
def test_wishes_without_sense_are_told_at_their_place(
    web: Client, book: Any, query: str, words: str
) -> None:
    all_metrics()
    html = html_of(web, query)
    assert words in html.replace("&#x27;", "'")
    assert "data-chart" in html


def test_a_typed_leg_goes_into_the_address(web: Client, book: Any) -> None:
    answer = web.get(
        f"{URL}?of=SPY&add_leg=yes&new_symbol=spy&new_quantity=-1&new_day=2026-12-18"
        "&new_strike=600&new_right=C"
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/risk/?of=SPY&add=-1+SPY+++261218C00600000"


def test_the_first_line_is_the_open_profit_at_the_price_of_now(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user, "of=KO&base=open")
    assert page.drawn is not None and page.axis is not None
    opened = sum(leg.value.open.value or 0 for leg in page.book.legs)
    step = abs(page.drawn.at(page.axis.spot + page.axis.step)[0] - page.drawn.at(page.axis.spot)[0])
    assert page.drawn.at(page.axis.spot)[0] == pytest.approx(float(opened), abs=step)
    assert page_of(user, "of=KO").choices.base == "open"
    assert page_of(user).choices.base == "now"


def test_the_last_line_is_the_payoff_of_the_legs(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user, "of=KO&base=now&span=20")
    assert page.drawn is not None
    # 100 shares and a short call at 55: beyond the strike nothing is made any more.
    far, farther = page.drawn.at(58.0)[-1], page.drawn.at(60.0)[-1]
    assert far == pytest.approx(farther, abs=0.02)
    low, lower = page.drawn.at(46.0)[-1], page.drawn.at(45.0)[-1]
    assert low - lower == pytest.approx(100.0, abs=0.02)


def test_the_delta_of_now_is_that_of_the_greeks_table(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user, "of=SPY&measure=delta")
    assert page.heat is not None
    here = next(row for row in page.heat.rows if row.is_here)
    shown = float(here.cells[0].text.replace("−", "-").replace(",", ""))
    by_model = sum(
        leg.greeks.delta if not leg.leg.is_option else _model_delta(leg) for leg in page.book.legs
    )
    assert shown == pytest.approx(by_model, rel=0.01)


def _model_delta(leg: Any) -> float:
    from portfolio.analytics.exposure import model_greeks

    found = model_greeks(
        leg.spot, float(leg.leg.strike), leg.years, leg.volatility, leg.rate, leg.dividend_yield,
        is_call=leg.leg.right == "C", is_american=leg.is_american,
    )  # fmt: skip
    return float(found.delta) * leg.scale


def test_a_position_turned_off_is_out_of_everything(web: Client, user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user)
    call = next(leg for leg in page.book.legs if leg.leg.right == "C")
    thought = page_of(user, f"off={call.leg.pk}")
    assert len(thought.book.legs) == len(page.book.legs) - 1
    assert len(thought.before.legs) == len(page.book.legs)
    html = html_of(web, f"off={call.leg.pk}")
    assert "is-what-if" in html and "1 turned off" in html
    roles = [line["role"] for line in data_of(html, "risk-curve")["lines"]]
    assert roles[-1] == "before"


def test_foreign_ids_in_the_basket_change_nothing(user: Any, stranger: Any, book: Any) -> None:
    all_metrics()
    connection = factories.make_connection(stranger)
    account = factories.make_account(connection, "5WT00099")
    position = factories.make_position(account, "JPM", "10", open="200", mark="210")
    order = factories.make_order(account)
    page = page_of(user, f"off={position.pk}&order={order.pk}")
    assert [leg.leg.pk for leg in page.book.legs] == [leg.leg.pk for leg in page.before.legs]


def test_the_chart_and_its_table_say_the_same(web: Client, book: Any) -> None:
    all_metrics()
    html = html_of(web, "of=SPY")
    data = data_of(html, "risk-curve")
    for cell in re.findall(r'data-figure="risk-curve-today-(\d+)">([^<]+)<', html):
        value = data["lines"][0]["values"][int(cell[0])]
        assert float(cell[1].replace("−", "-").replace(",", "")) == pytest.approx(value, abs=0.011)


def test_columns_are_few_and_end_at_the_expiration() -> None:
    assert columns_of(0) == [0.0]
    assert columns_of(25) == [0, 1, 3, 7, 14, 21, 25]
    for days in (1, 2, 60, 400):
        found = columns_of(days)
        assert found[0] == 0 and found[-1] == days and len(found) <= 7
        assert found == sorted(set(found))


def test_margin_by_underlying_is_the_brokers(web: Client, user: Any, book: Any) -> None:
    from brokerage.models import MarginRequirement

    all_metrics()
    _, account = book
    for code, amount in (("", "-9000"), ("KO", "-2600"), ("SPY", "-5900.50")):
        MarginRequirement.objects.create(account=account, code=code, margin_requirement=amount)
    rows = page_of(user).power
    assert [(row.name, row.values[0].text, row.values[1].text) for row in rows] == [
        ("SPY", "5,900.50", "11.8%"),
        ("KO", "2,600.00", "5.2%"),
    ]


@pytest.mark.parametrize("query", ["", "of=SPY&measure=delta&across=volatility", "measure=cushion"])
def test_every_figure_opens_the_arithmetic_that_made_it(web: Client, book: Any, query: str) -> None:
    all_metrics()
    html = html_of(web, query)
    found = [item for item in walking.figures(html) if (item.reference or "").startswith("risk-")]
    assert len(found) > 120
    # A few of each kind: the walk over all pages is a test of its own.
    kinds: dict[str, int] = {}
    for item in found:
        kind = (item.reference or "").split("-")[1]
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > 6:
            continue
        opened = walking.drawer(web, item.reference or "", query)
        assert opened is not None, item.reference
        assert walking.bare(opened.shown) == walking.bare(item.text), item.reference
        again = walking.show(opened.again(), opened.unit)
        assert walking.bare(again) == walking.bare(item.text), item.reference
    assert {"greek", "cell", "stress", "curve"} <= set(kinds)


def test_references_that_no_page_gave_open_nothing(web: Client, book: Any) -> None:
    all_metrics()
    rests = (
        "cell-99-0", "cell-x-y", "stress-99", "greek-zz-beta", "greek-all-rho", "curve-end",
        "curve-today-9999", "power-00-amount", "part-00-share", "move-9", "nothing",
    )  # fmt: skip
    for rest in rests:
        answer = web.get(f"{reverse('portfolio:figure')}?ref=risk-{rest}")
        assert answer.status_code == 404, rest


def test_more_positions_cost_no_more_queries(web: Client, user: Any, book: Any) -> None:
    all_metrics()
    _, account = book

    def count() -> int:
        html_of(web)
        with CaptureQueriesContext(
            database,
        ) as captured:
            html_of(web)
        return len(captured)

    few = count()
    for strike in range(500, 560, 2):
        factories.make_option(account, "SPY", 40, "P", str(strike), "-1", open="1", mark="1")
    assert count() == few


def test_terms_are_a_chart_and_a_table(web: Client, book: Any) -> None:
    days = [("2199-01-15", "0.21"), ("2199-02-19", "0.19")]
    rows = [{"expiration-date": day, "implied-volatility": iv} for day, iv in days]
    metric("SPY", raw={"option-expiration-implied-volatilities": rows})
    metric("KO")
    html = html_of(web)
    assert [point[1] for point in data_of(html, "risk-term")["lines"][0]["points"]] == [0.21, 0.19]
    assert 'data-figure="risk-term-2199-01-15">21.0%' in html


def only_ko(user: Any) -> None:
    """Shares without a beta: nothing of the whole book can be valued."""
    connection = factories.make_connection(user)
    account = factories.make_account(connection)
    factories.make_balance(account)
    factories.make_position(account, "KO", "100", open="50.00", close="51.50", mark="52.00")
    factories.publish(connection, {"SPY": factories.market.Cells(quote=factories.quote(601, 602))})


@pytest.mark.parametrize("query", ["", "measure=delta", "measure=cushion", "new_quantity="])
def test_where_no_leg_can_be_valued_no_scenario_says_nought(
    web: Client, user: Any, query: str
) -> None:
    only_ko(user)
    metric("SPY", beta="1.01")
    html = html_of(web, query)
    found = {e.reference: e.text for e in walking.figures(html) if e.reference}
    said = [ref for ref in found if re.match(r"risk-(stress|cell)-", ref)]
    assert len(said) > 60
    assert {found[ref] for ref in said} == {"—"}
    assert html.count("No leg can be valued") == 2
    assert "left out of scenarios" in html and 'id="risk-curve"' not in html
    for ref in ("risk-stress-0", "risk-stress-0-share", "risk-cell-3-0"):
        opened = walking.drawer(web, ref, query)
        assert opened is not None and opened.shown == "—", ref


def test_stresses_say_how_many_legs_they_hold(web: Client, user: Any, book: Any) -> None:
    metric("SPY", beta="1.01")
    assert "Holds 1 of 3 legs." in html_of(web)
    metric("KO", beta="0.5")
    assert "Holds" not in html_of(web)


def test_names_lead_to_their_pages(web: Client, book: Any) -> None:
    all_metrics()
    link = f'href="{reverse("portfolio:underlying", args=["KO"])}"'
    # Greeks and concentration.
    assert html_of(web).count(link) == 2
    assert html_of(web, "by=account").count(link) == 1
