"""The risk page of a request's desk and an address."""

from __future__ import annotations

from django.http import QueryDict

from portfolio.desk import RequestDesk
from portfolio.risk.page import RiskPage
from portfolio.selectors import working_orders


def page_for(desk: RequestDesk, query: QueryDict) -> RiskPage:
    accounts = [item.account for item in desk.facts.accounts]
    orders = working_orders(accounts) if accounts and not desk.as_of else []
    return RiskPage(desk.facts, desk.valuation, desk.now, query, orders)
