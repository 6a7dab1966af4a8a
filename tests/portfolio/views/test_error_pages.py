"""Errors in the desk's look, without a word on what is inside."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import permission_denied, server_error

pytestmark = pytest.mark.django_db


def test_not_found(web: Client) -> None:
    answer = web.get("/no-such-page/")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert "css/desk.css" in html and "no-such-page" not in html


def test_a_fault_needs_neither_database_nor_session() -> None:
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something failed on this server" in answer.content.decode()
    assert "Something failed" in render_to_string("500.html")


def test_not_allowed(rf: RequestFactory) -> None:
    request = rf.get("/")
    answer = permission_denied(request, PermissionError("inner secret"))
    assert answer.status_code == 403
    assert "inner secret" not in answer.content.decode()


def test_an_expired_form(user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post(reverse("users:theme"))
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


@pytest.mark.parametrize("name", ["404.html", "403.html", "403_csrf.html", "500.html"])
def test_every_error_page_compiles(name: str) -> None:
    get_template(name)
