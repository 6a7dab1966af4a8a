"""Pages of the desk, one module of views per family."""

from __future__ import annotations

from importlib import import_module

from django.urls import URLPattern, URLResolver

app_name = "portfolio"

_FAMILIES = (
    "frame",
    "dashboard",
    "positions",
    "accounts",
    "connections",
    "notices",
    "ticket",
    "orders",
    "activity",
    "sync_status",
    "audit",
    "simulator",
)

urlpatterns: list[URLPattern | URLResolver] = [
    pattern
    for family in _FAMILIES
    for pattern in import_module(f"portfolio.views.{family}").urlpatterns
]
