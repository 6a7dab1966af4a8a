"""Paths of the browser socket."""

from __future__ import annotations

from django.urls import path

from portfolio.live.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
