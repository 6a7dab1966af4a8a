"""Imported by a fork server: its children begin with Django set up and nothing connected."""

from __future__ import annotations

import django

django.setup()

import brokerage.credentials.clients  # noqa: E402, F401
