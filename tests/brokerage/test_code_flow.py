from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from brokerage import code_flow, connections
from brokerage.connections import ConnectError
from brokerage.models import Connection
from tests.brokerage.outer_broker import REFRESH, SECRET


@pytest.fixture(autouse=True)
def oauth_client(settings, broker):
    settings.OAUTH_CLIENT_IDS = {"simulator": "client-1", "production": "client-2"}
    settings.OAUTH_CLIENT_SECRETS = {"simulator": SECRET, "production": "s"}
    settings.PUBLIC_URL = "https://desk.example"


def begin(session, environment="simulator"):
    address = connections.authorize_url(session, environment, label="Main")
    parts = urlsplit(address)
    return parts, {key: value[0] for key, value in parse_qs(parts.query).items()}


def test_the_consent_page_is_asked_for_what_is_needed(broker):
    parts, query = begin({})
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{broker.url}/auth.html"
    assert query["redirect_uri"] == "https://desk.example/connections/callback/"
    assert query["scope"] == "read trade"
    assert len(query["state"]) >= 32


def test_a_real_environment_is_asked_for_trading_where_the_desk_may_send(settings):
    parts, query = begin({}, "production")
    assert parts.netloc == "my.tastytrade.com"
    assert query["scope"] == "read trade"
    settings.ORDER_ENVIRONMENTS = ["simulator"]
    assert begin({}, "production")[1]["scope"] == "read"


def test_the_flow_makes_a_connection(user, queued):
    session = {}
    _, query = begin(session)
    made = connections.complete_code_flow(user, session, state=query["state"], code="c0de")
    assert made.refresh_token == REFRESH
    assert (made.label, made.client_id) == ("Main", "client-1")


def test_a_state_works_once_and_in_its_own_session_alone(user, queued):
    session = {}
    _, query = begin(session)
    copy = {key: dict(value) for key, value in session.items()}
    with pytest.raises(ConnectError, match="not asked for"):
        connections.complete_code_flow(user, {}, state=query["state"], code="c0de")
    connections.complete_code_flow(user, session, state=query["state"], code="c0de")
    # The same session again, and a copy of it that was loaded before: both are too late.
    for stale in (session, copy):
        with pytest.raises(ConnectError, match="used already"):
            connections.complete_code_flow(user, stale, state=query["state"], code="c0de")
    assert Connection.objects.count() == 1


def test_a_state_grows_old(user, monkeypatch):
    monkeypatch.setattr(code_flow, "STATE_SECONDS", 0)
    session = {}
    _, query = begin(session)
    monkeypatch.setattr(code_flow, "STATE_SECONDS", 600)
    with pytest.raises(ConnectError, match="too old"):
        connections.complete_code_flow(user, session, state=query["state"], code="c0de")


def test_a_denied_consent_uses_the_state_up(user, broker):
    session = {}
    _, query = begin(session)
    for _ in range(2):
        with pytest.raises(ConnectError):
            connections.complete_code_flow(
                user, session, state=query["state"], error="access_denied"
            )
    assert broker.calls == []


def test_the_state_itself_is_not_in_the_session():
    session = {}
    _, query = begin(session)
    assert query["state"] not in str(session)


def test_without_an_oauth_client_the_other_way_is_named(settings):
    settings.OAUTH_CLIENT_IDS = {}
    assert not connections.code_flow_available("simulator")
    with pytest.raises(ConnectError, match="paste"):
        connections.authorize_url({}, "simulator")
    with pytest.raises(ConnectError, match="does not offer"):
        connections.authorize_url({}, "moon")
