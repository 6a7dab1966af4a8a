"""Signing in, the second factor, and every page of that family in our own look."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _no_rate_limits() -> None:
    cache.clear()


@pytest.fixture
def person(user: Any) -> Any:
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, password: str = PASSWORD, name: str = "ada") -> Any:
    return client.post(reverse("account_login"), {"login": name, "password": password})


def code_now() -> str:
    """What the authenticator app would show."""
    counter = next(totp.yield_hotp_counters_from_time())
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def assert_ours(html: str) -> None:
    assert "css/desk.css" in html
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]* src=)", html)


def test_sign_in_by_name_and_by_address(person: Any) -> None:
    assert sign_in(Client()).url == reverse("portfolio:dashboard")
    assert sign_in(Client(), name="ada@example.org").url == reverse("portfolio:dashboard")


def test_a_wrong_password_says_no_more_than_that(person: Any) -> None:
    known, unknown = sign_in(Client(), "wrong"), sign_in(Client(), "wrong", "nobody")
    assert known.status_code == unknown.status_code == 200
    assert "not correct" in known.content.decode()
    assert PASSWORD not in known.content.decode()


def test_guessing_is_slowed_down(person: Any) -> None:
    client = Client()
    answers = [sign_in(client, f"wrong {number}") for number in range(11)]
    assert "Too many failed" in answers[-1].content.decode()


def test_sign_up_is_closed(client: Client) -> None:
    answer = client.get(reverse("account_signup"))
    assert "Sign-up is closed" in answer.content.decode()
    client.post(reverse("account_signup"), {"username": "eve", "password1": PASSWORD})
    assert "Create an account" not in client.get(reverse("account_login")).content.decode()


def test_sign_up_can_be_opened(client: Client, settings: Any) -> None:
    settings.SIGN_UP_OPEN = True
    html = client.get(reverse("account_signup")).content.decode()
    assert_ours(html)
    assert 'name="password1"' in html
    assert "Create an account" in client.get(reverse("account_login")).content.decode()


def test_the_second_factor_stands_between_password_and_desk(person: Any) -> None:
    totp.TOTP.activate(person, SECRET)
    client = Client()
    answer = sign_in(client)
    assert answer.url == reverse("mfa_authenticate")
    assert client.get(reverse("portfolio:dashboard")).status_code == 302
    html = client.get(answer.url).content.decode()
    assert_ours(html)
    assert client.post(answer.url, {"code": code_now()}).url == reverse("portfolio:dashboard")
    assert client.get(reverse("portfolio:dashboard")).status_code == 200


def test_a_recovery_code_lets_in_once(person: Any) -> None:
    totp.TOTP.activate(person, SECRET)
    code = RecoveryCodes.activate(person).generate_codes()[0]
    for expected in (302, 200):
        client = Client()
        answer = client.post(sign_in(client).url, {"code": code})
        assert answer.status_code == expected
        cache.clear()


OPEN_PAGES = ("account_login", "account_signup", "account_reset_password",
              "account_reset_password_done", "account_inactive")  # fmt: skip
OWN_PAGES = ("account_change_password", "account_email", "account_logout", "mfa_index",
             "mfa_activate_totp")  # fmt: skip


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_pages_before_sign_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name), follow=True)
    assert answer.status_code == 200
    assert_ours(answer.content.decode())


@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_after_sign_in(person: Any, name: str) -> None:
    client = Client()
    sign_in(client)
    answer = client.get(reverse(name), follow=True)
    assert answer.status_code == 200
    assert_ours(answer.content.decode())


def test_pages_of_somebody_with_a_second_factor(person: Any) -> None:
    totp.TOTP.activate(person, SECRET)
    codes = RecoveryCodes.activate(person).generate_codes()
    client = Client()
    client.post(sign_in(client).url, {"code": code_now()})
    asked = client.get(reverse("mfa_view_recovery_codes"), follow=True).content.decode()
    assert_ours(asked)
    assert codes[0] not in asked
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    for name in ("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
                 "mfa_deactivate_totp", "mfa_reauthenticate"):  # fmt: skip
        html = client.get(reverse(name), follow=True).content.decode()
        assert_ours(html)
        if name == "mfa_view_recovery_codes":
            assert codes[0] in html
    assert Authenticator.objects.filter(user=person).count() == 2


def test_signing_out_wants_a_post(web: Client) -> None:
    assert web.get(reverse("account_logout")).status_code == 200
    assert web.get(reverse("portfolio:dashboard")).status_code == 200
    assert web.post(reverse("account_logout")).url == reverse("account_login")
    assert web.get(reverse("portfolio:dashboard")).status_code == 302
