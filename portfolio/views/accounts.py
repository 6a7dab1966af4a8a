"""One account: balances, trading status, transactions."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from brokerage import access, history, selectors, upkeep
from portfolio.account_pages import balance_lines, standing, status_lines, transaction_row
from portfolio.desk import desk_of
from portfolio.pages import account_card
from portfolio.scope import Scope
from portfolio.selectors import load_desk
from portfolio.sync_pages import score_words

PAGE_SIZE = 50


@require_GET
def account_detail(request: HttpRequest, environment: str, number: str) -> HttpResponse:
    account = access.get_account(request.user, environment, number)
    desk = desk_of(request)
    at, then = desk.as_of, desk.broker_instant
    everything = [*selectors.accounts_for(request.user, include_closed=True)]
    facts = load_desk(everything, Scope(environment, number), at=at)
    valuation = desk.valued(facts)
    here = facts.accounts[0]
    booked = selectors.transactions_for([account])
    pages = Paginator(history.transactions_at([account], then) if then else booked, PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    known = getattr(here.account, "trading_status", None)
    status = history.trading_status_at(account, at) if at else known
    context = {
        "account": here,
        "card": account_card(here, valuation, desk.now),
        "balances": balance_lines(here, desk.now),
        "status": status_lines(status),
        "standing": standing(here.account, status),
        "score": score_words(upkeep.scores([account]).get(account.pk)),
        "access": here.account.accesses.all(),
        "page": page,
        "transactions": [transaction_row(row) for row in page.object_list],
    }
    return render(request, "portfolio/account_detail.html", context)


urlpatterns = [
    path("accounts/<slug:environment>/<str:number>/", account_detail, name="account-detail"),
]
