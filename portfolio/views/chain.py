"""The option chain: strikes of one expiration, live; a click on a price picks a leg."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.option_chain import page as chain_page
from portfolio.option_chain import wish as chain_wish
from portfolio.option_chain.page import ChainPage

SESSION_KEY = "chain_symbol"
# Whom nobody has asked yet, and who holds no options, sees the most traded chain.
FIRST_SYMBOL = "SPY"


@require_GET
def chain(request: HttpRequest) -> HttpResponse:
    """The page, or for a script the part of it that a button changes; nothing is ever sent."""
    wish = chain_wish.read(_with_symbol(request))
    page = chain_page.load(request, wish)
    if page.chain is not None:
        request.session[SESSION_KEY] = page.chain.symbol
    if not request.headers.get("HX-Request"):
        return render(request, "portfolio/chain.html", {"page": page})
    return _fragment(request, page)


def _fragment(request: HttpRequest, page: ChainPage) -> HttpResponse:
    alone = page.basket_alone and page.basket is not None
    name, target = ("_chain_basket", "#chain-basket") if alone else ("_chain", "#chain")
    answer = render(request, f"portfolio/{name}.html", {"page": page})
    answer["HX-Retarget"] = target
    answer["HX-Reswap"] = "outerHTML"
    answer["HX-Replace-Url"] = page.url
    return answer


def _with_symbol(request: HttpRequest) -> Any:
    """The query with a symbol: the one looked at last, one that is held, or a usual one."""
    data = request.GET.copy()
    if not data.get("symbol") and "symbol" not in data:
        held = [leg.underlying for leg in desk_of(request).facts.legs if leg.is_option]
        data["symbol"] = request.session.get(SESSION_KEY) or next(iter(held), FIRST_SYMBOL)
    return data


urlpatterns = [path("chain/", chain, name="chain")]
