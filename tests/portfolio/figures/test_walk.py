"""Every figure of every page opens its arithmetic, and its inputs come to what the page shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.portfolio.figures import walking

pytestmark = pytest.mark.django_db

# Pages whose figures are explained, by URL name.
PAGES = ("dashboard",)


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_a_page_can_be_worked_out_again(web: Client, book: Any, name: str) -> None:
    html = web.get(reverse(f"portfolio:{name}")).content.decode()
    assert walking.figures(html)
    assert list(walking.wrong(web, html)) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_number_stands_in_a_figure_cell_without_a_mark(
    web: Client, book: Any, name: str
) -> None:
    html = web.get(reverse(f"portfolio:{name}")).content.decode()
    assert walking.unmarked(html) == []


def test_a_figure_of_somebody_else_is_not_there(
    web: Client, strangers_web: Client, book: Any
) -> None:
    _, account = book
    for reference in (f"card-{account.pk}-open", f"balance-{account.pk}-cash_balance", "nothing-1"):
        assert strangers_web.get(reverse("portfolio:figure"), {"ref": reference}).status_code == 404
    assert walking.drawer(web, f"card-{account.pk}-open") is not None
