"""What a person may choose, and that pages are rendered with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from users.models import Preferences

pytestmark = pytest.mark.django_db


def save(web: Client, **choices: str) -> Any:
    values = {"theme": "dark", "palette": "safe", "default_account": "", **choices}
    return web.post(reverse("users:settings"), values)


def head(web: Client) -> str:
    return web.get(reverse("users:settings")).content.decode().split("<head>")[0]


def test_the_theme_is_in_the_page_as_it_arrives(web: Client) -> None:
    assert 'data-theme="dark"' in head(web)
    save(web, theme="light", palette="blue-orange", compact="on")
    first = head(web)
    for mark in ('data-theme="light"', 'data-palette="blue-orange"', 'data-density="compact"'):
        assert mark in first
    assert 'data-flash="off"' in first


def test_an_unknown_choice_is_refused_and_nothing_saved(web: Client, user: Any) -> None:
    answer = save(web, theme="pink")
    assert answer.status_code == 200
    assert "Nothing was saved" in answer.content.decode()
    assert Preferences.objects.get(user=user).theme == "dark"


def test_the_switch_works_without_a_script(web: Client, user: Any) -> None:
    answer = web.post(reverse("users:theme"), {"next": "/positions/"})
    assert answer.url == "/positions/"
    assert Preferences.objects.get(user=user).theme == "light"
    assert web.post(reverse("users:theme"), {"next": "//evil.example/"}).url == "/"


def test_the_switch_answers_a_script_with_nothing(web: Client) -> None:
    answer = web.post(reverse("users:theme"), headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 204
    assert answer.cookies["strikedesk_theme"].value == "light"
    assert answer.cookies["strikedesk_theme"]["samesite"] == "Lax"


def test_the_theme_is_kept_for_the_sign_in_page(web: Client) -> None:
    web.post(reverse("users:theme"))
    web.post(reverse("account_logout"))
    assert 'data-theme="light"' in web.get(reverse("account_login")).content.decode()


def test_a_forged_cookie_is_not_printed(client: Client) -> None:
    client.cookies["strikedesk_theme"] = '"><script>'
    html = client.get(reverse("account_login")).content.decode()
    assert 'data-theme="dark"' in html


def test_the_rail_folds(web: Client) -> None:
    web.post(reverse("users:rail"))
    assert 'data-rail="folded"' in head(web)
    web.post(reverse("users:rail"))
    assert 'data-rail="open"' in head(web)


def test_switches_want_a_post(web: Client) -> None:
    assert web.get(reverse("users:theme")).status_code == 405
    assert web.get(reverse("users:rail")).status_code == 405


def test_settings_are_one_s_own(web: Client, django_user_model: Any) -> None:
    other = django_user_model.objects.create_user("bob")
    Preferences.objects.create(user=other, theme="dark")
    save(web, theme="light")
    assert Preferences.objects.get(user=other).theme == "dark"
