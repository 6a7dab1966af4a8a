"""The pages of chains, over a mirror of the simulator."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokerage.models import Account, AuditEntry, Fill, Transaction
from portfolio.models import ChainEdit
from tests.portfolio.trade_chains.street import LATER, NEXT_FRIDAY, Street

pytestmark = pytest.mark.django_db(transaction=True)
FIGURE = re.compile(r'id="(chains?-[\w-]+)" class="[^"]*"[^>]*data-figure[^>]*>([^<]*)<')


def page(web: Client, url: str) -> str:
    answer = web.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


@pytest.fixture(scope="module")
def story(street: Street) -> Street:
    """A short put that was rolled, and shares beside it."""
    put = street.option("KO", NEXT_FRIDAY, "P", -2)
    lower = street.option("KO", LATER, "P", -3)
    street.order(("Sell to Open", put, 2))
    street.wait(3600)
    street.order(("Buy to Close", put, 2), ("Sell to Open", lower, 2))
    street.order(("Buy to Open", "KO", 100))
    return street


@pytest.fixture
def rolled(story: Street, mirrored: Street) -> Street:
    """The same, mirrored."""
    mirrored.sync_all()
    return mirrored


def chain_urls(web: Client) -> list[str]:
    listed = page(web, reverse("portfolio:trade-chain-list"))
    return list(dict.fromkeys(re.findall(r'href="(/chains/\d+/[^/"]+/)"', listed)))


def test_pages_say_what_was_done_and_every_figure_opens(rolled: Street, web: Client) -> None:
    urls = chain_urls(web)
    assert len(urls) == 2
    opened = 0
    for url in [
        reverse("portfolio:trade-chain-list"),
        *urls,
        *(f"{one}not-rolled/" for one in urls),
    ]:
        for reference, text in FIGURE.findall(page(web, url)):
            answer = web.get(reverse("portfolio:figure"), {"ref": reference})
            assert answer.status_code == 200, reference
            figure = answer.context["figure"]
            assert figure.text == text.strip(), (reference, figure.text, text)
            assert not figure.differs, (reference, figure.differs, figure.line)
            opened += 1
    assert opened > 60
    told = "".join(page(web, url) for url in urls)
    for words in ("Rolled", "2 Short put", "Long stock", "Not rolled", "chain-timeline"):
        assert words in told or words == "Not rolled", words


def test_the_file_holds_the_rows_of_the_page(rolled: Street, web: Client) -> None:
    answer = web.get(reverse("portfolio:trade-chain-csv"), {"symbol": "ko", "sort": "rolls"})
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert [row["rolls"] for row in rows] == ["0", "1"]
    assert float(rows[0]["total_credit"]) < 0
    assert {row["status"] for row in rows} == {"open"}


def copied(rows: list[Transaction], numbers: range) -> None:
    """The same trades in as many other symbols."""
    for number in numbers:
        for row in rows:
            row.pk, row.broker_id = None, 900_000 + number
            row.order_id, row.symbol, row.underlying_symbol = number, f"Z{number}", f"Z{number}"
        Transaction.objects.bulk_create(rows)


def test_queries_do_not_grow_with_chains(
    rolled: Street, web: Client, django_assert_max_num_queries: Any
) -> None:
    url = reverse("portfolio:trade-chain-list")
    rows = list(Transaction.objects.filter(symbol="KO"))
    copied(rows, range(2))
    page(web, url)
    with django_assert_max_num_queries(40) as first:
        page(web, url)
    copied(rows, range(2, 60))
    with django_assert_max_num_queries(len(first)):
        assert "Z17" in page(web, url)


def test_a_stranger_sees_nothing(rolled: Street, web: Client, strangers_web: Client) -> None:
    (url, *_) = chain_urls(web)
    assert strangers_web.get(url).status_code == 404
    for path, data in (("correct/", {"kind": "split"}), ("notes/", {"text": "x"})):
        assert strangers_web.post(url + path, data).status_code == 404
    assert "KO" not in page(strangers_web, reverse("portfolio:trade-chain-list"))


def test_legs_are_taken_out_moved_joined_and_all_is_taken_back(
    rolled: Street, web: Client, account: Account
) -> None:
    before = figures(web)
    put = next(url for url in chain_urls(web) if "Short put" in page(web, url))
    legs = re.findall(r'name="leg" value="([^"]+)"', page(web, put))
    assert len(legs) == 2
    web.post(f"{put}correct/", {"kind": "split", "leg": [legs[1]]})
    assert len(chain_urls(web)) == 3
    assert figures(web) == before
    first, second = (url for url in chain_urls(web) if "Short put" in page(web, url))
    target = second.rstrip("/").rpartition("/")[2]
    leg = re.findall(r'name="leg" value="([^"]+)"', page(web, first))
    web.post(f"{first}correct/", {"kind": "move", "leg": leg, "other": [target]})
    assert len(chain_urls(web)) == 2
    shares = next(url for url in chain_urls(web) if "Long stock" in page(web, url))
    joined = web.post(f"{shares}correct/", {"kind": "merge", "other": [target]}, follow=True)
    assert joined.redirect_chain
    assert len(chain_urls(web)) == 1
    assert figures(web) == before
    for edit in ChainEdit.objects.order_by("-pk"):
        (url, *_) = chain_urls(web)
        web.post(f"{url}undo/{edit.pk}/")
    assert len(chain_urls(web)) == 2
    assert figures(web) == before
    actions = list(AuditEntry.objects.filter(kind="chain").values_list("action", flat=True))
    assert sorted(actions) == ["merge", "move", "split", "undo", "undo", "undo"]


def figures(web: Client) -> dict[str, str]:
    """The sums of the list: what no correction may change."""
    found = FIGURE.findall(page(web, reverse("portfolio:trade-chain-list")))
    return {name: text for name, text in found if name.startswith("chains-")}


def test_what_makes_no_sense_is_refused_and_said(rolled: Street, web: Client) -> None:
    put = next(url for url in chain_urls(web) if "Short put" in page(web, url))
    legs = re.findall(r'name="leg" value="([^"]+)"', page(web, put))
    for data, words in (
        ({"kind": "split"}, "Choose a leg first"),
        ({"kind": "split", "leg": legs}, "must leave at least one leg"),
        ({"kind": "move", "leg": legs[:1]}, "Choose the chain"),
        ({"kind": "merge"}, "Choose a chain to join"),
        ({"kind": "merge", "other": ["99"]}, "not there any more"),
        ({"kind": "burn"}, "Choose what to do"),
    ):
        answer = web.post(f"{put}correct/", data, follow=True)
        assert words in answer.content.decode(), data
    assert not ChainEdit.objects.exists()


def test_notes_and_tags_stay_with_the_chain(rolled: Street, web: Client) -> None:
    put = next(url for url in chain_urls(web) if "Short put" in page(web, url))
    web.post(f"{put}notes/", {"text": "Rolled <b>down</b> and out"})
    web.post(f"{put}tags/", {"name": "  income  2026 "})
    told = page(web, put)
    assert "Rolled &lt;b&gt;down&lt;/b&gt; and out" in told
    assert "income 2026" in told
    listed = page(web, reverse("portfolio:trade-chain-list") + "?tag=INCOME 2026")
    assert listed.count('class="symbol"') == 1
    for what in ("note", "tag"):
        (pk,) = re.findall(rf"/{what}/(\d+)/remove/", told)
        web.post(f"{put}{what}/{pk}/remove/")
    assert "income 2026" not in page(web, put)


def test_a_fill_counts_before_it_is_booked(rolled: Street, web: Client) -> None:
    def shares() -> str:
        return next(url for url in chain_urls(web) if "Long stock" in page(web, url))

    booked = shares()
    Transaction.objects.filter(symbol="KO").delete()
    assert Fill.objects.filter(leg__symbol="KO").exists()
    assert "not booked by the broker yet" in page(web, shares())
    assert shares() != booked
    refused = web.post(f"{shares()}correct/", {"kind": "merge", "other": ["1"]}, follow=True)
    assert "not there any more" in refused.content.decode()
    listed = page(web, reverse("portfolio:trade-chain-list"))
    assert "Chains and positions disagree" not in listed
    rolled.sync()
    assert shares() == booked
    assert "not booked" not in page(web, booked)


def test_missing_history_is_said(rolled: Street, web: Client) -> None:
    Transaction.objects.filter(symbol="KO").delete()
    Fill.objects.all().delete()
    listed = page(web, reverse("portfolio:trade-chain-list"))
    assert "Chains and positions disagree" in listed
    assert "0 in chains, +100 held" in listed
