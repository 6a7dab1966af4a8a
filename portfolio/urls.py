"""Pages of the desk, one module of views per family."""

from __future__ import annotations

from importlib import import_module

from django.urls import URLPattern, URLResolver

app_name = "portfolio"

_FAMILIES = (
    "frame",
    "figures",
    "dashboard",
    "positions",
    "position_actions",
    "accounts",
    "underlyings",
    "risk",
    "expirations",
    "connections",
    "notices",
    "ticket",
    "chain",
    "orders",
    "order_changes",
    "order_cancels",
    "order_ratio",
    "staged",
    "guards",
    "kill",
    "activity",
    "trade_chains",
    "sync_status",
    "audit",
    "simulator",
)

urlpatterns: list[URLPattern | URLResolver] = [
    pattern
    for family in _FAMILIES
    for pattern in import_module(f"portfolio.views.{family}").urlpatterns
]
