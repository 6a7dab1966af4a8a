"""Every figure of the list of rolls and of the actions' page opens its arithmetic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from brokerage import market
from portfolio.live.hub import hub
from tests.portfolio import factories
from tests.portfolio.chain_fixtures import _no_reads  # noqa: F401
from tests.portfolio.figures import walking
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.test_position_actions import hold as hold_fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_reads")]
hold = hold_fixture


def test_a_roll(desk: Client, hold: Any, connection: Any, stranger: Any) -> None:
    put, wing = hold("P", 590, "-2"), hold("P", 580, "2")
    address = f"/positions/roll/?leg={put.pk}&leg={wing.pk}"
    bare = desk.get(address).content.decode()
    names = {
        leg["s"]: market.Cells(quote=factories.quote(2.0 + place, 2.1 + place))
        for net in page_nets(bare)
        for place, leg in enumerate(net)
    }
    hub._snapshots.clear()
    factories.publish(connection, names)
    html = desk.get(address).content.decode()
    figures = [item for item in walking.figures(html) if not item.is_frame]
    assert {"roll-0-mid", "roll-0-nat", "roll-0-dte", "roll-0-later", "roll-0-delta"} <= {
        item.reference for item in figures
    }
    assert any(" cr" in item.text or " db" in item.text for item in figures)
    assert list(walking.wrong(desk, html)) == []
    assert walking.unmarked(html) == []
    foreign = Client()
    foreign.force_login(stranger)
    assert walking.drawer(foreign, "roll-0-mid", address.partition("?")[2]) is None


def page_nets(html: str) -> Any:
    """The legs that the page tells its socket."""
    body = next(item for item in walking.elements(html) if item.tag == "body")
    return json.loads(body.attributes["data-live-args"] or "{}")["nets"]


def test_the_actions_of_a_leg(desk: Client, hold: Any) -> None:
    put = hold("P", 590, "-2")
    html = desk.get(f"/positions/actions/?leg={put.pk}").content.decode()
    assert f"leg-{put.pk}-qty" in {item.reference for item in walking.figures(html)}
    assert list(walking.wrong(desk, html)) == []
    assert walking.unmarked(html) == []
