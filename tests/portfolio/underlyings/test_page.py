"""One underlying: what is held of it, and each figure by its arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.portfolio.figures import walking
from tests.portfolio.views.test_pages import assert_sound

pytestmark = pytest.mark.django_db


def page(web: Client, symbol: str = "KO") -> str:
    answer = web.get(reverse("portfolio:underlying", args=[symbol]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_figure_can_be_worked_out_again(web: Client, book: Any) -> None:
    html = page(web)
    assert_sound(html.replace('type="application/json"', 'src="data"'))
    references = [item.reference or "" for item in walking.figures(html)]
    for family in ("leg-", "lot-", "underlying-"):
        assert any(ref.startswith(family) for ref in references), family
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []


def test_the_dashboard_leads_to_it(web: Client, book: Any) -> None:
    address = reverse("portfolio:underlying", args=["KO"])
    assert f'href="{address}"' in web.get(reverse("portfolio:dashboard")).content.decode()


def test_what_is_not_held_is_not_there(web: Client, strangers_web: Client, book: Any) -> None:
    address = reverse("portfolio:underlying", args=["KO"])
    assert web.get(reverse("portfolio:underlying", args=["/ZZ"])).status_code == 404
    assert strangers_web.get(address).status_code == 404
