"""The pages of broker logins: forms, refusals at their fields, secrets that never come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokerage import connections
from brokerage.enums import SyncState
from brokerage.models import Connection, Notice, SyncRun
from tests.portfolio import factories

pytestmark = pytest.mark.django_db

NEW = "portfolio:connection-new"
CANARY = "eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9.canary-canary-canary.sig"


def submit(web: Client, **values: str) -> Any:
    data = {"environment": "sandbox", "label": "", "client_secret": "s3cret", **values}
    return web.post(reverse(NEW), data)


def test_empty_fields_are_named(web: Client) -> None:
    answer = web.post(reverse(NEW), {"environment": "sandbox"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count('class="field__error"') == 2
    assert 'id="id_client_secret_error"' in html and 'aria-invalid="true"' in html


def test_a_pasted_password_is_explained_at_the_field(web: Client) -> None:
    answer = submit(web, refresh_token="hunter2-hunter2")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "never asks for your brokerage password" in html
    assert 'id="id_refresh_token_error"' in html
    assert "hunter2" not in html
    assert not Connection.objects.exists()


def test_an_older_session_token_is_explained(web: Client) -> None:
    html = submit(web, refresh_token="A" * 60 + "+C").content.decode()
    assert "session token" in html


def test_secrets_are_never_sent_back(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise connections.ConnectError("The broker does not accept this.", "refresh_token")

    monkeypatch.setattr(connections, "connect", refuse)
    html = submit(web, refresh_token=CANARY).content.decode()
    assert "The broker does not accept this." in html
    assert CANARY not in html and "s3cret" not in html


def test_a_refusal_without_a_field_stands_above_the_form(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise connections.ConnectError("The broker cannot be reached.")

    monkeypatch.setattr(connections, "connect", refuse)
    html = submit(web, refresh_token=CANARY).content.decode()
    assert 'role="alert"' in html and "Nothing was stored" in html


def test_an_environment_that_is_not_offered(web: Client) -> None:
    assert submit(web, environment="elsewhere", refresh_token=CANARY).status_code == 422


def test_the_code_flow_may_leave_for_the_offered_pages_alone(web: Client, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:8199"
    settings.OAUTH_CLIENT_IDS = {**settings.OAUTH_CLIENT_IDS, "simulator": "id"}
    settings.OAUTH_CLIENT_SECRETS = {**settings.OAUTH_CLIENT_SECRETS, "simulator": "secret"}
    answer = web.get(reverse(NEW))
    assert "form-action 'self' http://127.0.0.1:8199;" in answer["Content-Security-Policy"] + ";"
    start = web.post(reverse("portfolio:connection-code-start"), {"environment": "simulator"})
    assert start.url.startswith("http://127.0.0.1:8199/auth.html?")
    assert "secret" not in start.url


def test_a_code_flow_that_nobody_began(web: Client) -> None:
    answer = web.get(reverse("portfolio:connection-code-callback"), {"state": "x", "code": "y"})
    assert answer.url == reverse(NEW)
    assert "was not asked for" in web.get(answer.url).content.decode()


def test_the_token_s_life_is_on_the_card(web: Client, user: Any) -> None:
    factories.make_connection(user)
    assert "12 min left" in web.get(reverse("portfolio:connection-list")).content.decode()
    Connection.objects.update(access_token_expires_at=timezone.now() - timedelta(minutes=1))
    html = web.get(reverse("portfolio:connection-list")).content.decode()
    assert "expired, renewed on next use" in html


def test_a_dead_login_says_so_aloud(web: Client, user: Any) -> None:
    factories.make_connection(user, state="reconnect", state_reason="The grant was revoked.")
    html = web.get(reverse("portfolio:connection-list")).content.decode()
    assert "no longer renewed" in html and 'role="alert"' in html


def test_progress_of_a_sync_is_shown_while_it_runs(web: Client, user: Any) -> None:
    connection = factories.make_connection(user)
    run = SyncRun.objects.create(
        connection=connection, steps_total=9, steps_done=4, current="positions"
    )
    here = reverse("portfolio:sync-run", args=[run.pk])
    html = web.get(here).content.decode()
    assert "4 of 9 · positions" in html and 'value="44"' in html and "every 2s" in html
    run.state, run.finished_at = SyncState.FAILED, timezone.now()
    run.report = [{"kind": "orders", "state": "failed", "message": "The broker has a fault."}]
    run.save()
    html = web.get(here).content.decode()
    assert "orders: The broker has a fault." in html and "every 2s" not in html


def test_sync_now_starts_one_run(web: Client, user: Any) -> None:
    connection = factories.make_connection(user)
    target = reverse("portfolio:connection-sync", args=[connection.pk])
    answer = web.post(target, headers={"HX-Request": "true"})
    assert "waiting for a worker" in answer.content.decode()
    web.post(target)
    assert SyncRun.objects.count() == 1


def test_removing_asks_first(web: Client, book: Any) -> None:
    connection, account = book
    target = reverse("portfolio:connection-remove", args=[connection.pk])
    assert "deleted from this server at once" in web.get(target).content.decode()
    assert Connection.objects.exists()
    web.post(target)
    assert not Connection.objects.exists()
    account.refresh_from_db()


def test_notices_are_dismissed_one_by_one(web: Client, user: Any) -> None:
    connection = factories.make_connection(user)
    notice = Notice.objects.create(connection=connection, key="a", text="First thing")
    Notice.objects.create(connection=connection, key="b", text="Second thing")
    web.post(reverse("portfolio:notice-dismiss", args=[notice.pk]))
    html = web.get(reverse("portfolio:notice-list")).content.decode()
    open_ones, _, dismissed = html.partition("Dismissed, 1")
    assert "Second thing" in open_ones and "First thing" not in open_ones
    assert "First thing" in dismissed and "Second thing" not in dismissed
