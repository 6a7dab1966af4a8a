"""Settings pages of one person."""

from __future__ import annotations

from django.urls import URLPattern, path

from users import views

app_name = "users"
urlpatterns: list[URLPattern] = [
    path("", views.settings_page, name="settings"),
    path("theme/", views.theme, name="theme"),
    path("rail/", views.rail, name="rail"),
]
