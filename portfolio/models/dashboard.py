"""How a person arranges the dashboard."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models

USUAL_SHARE = Decimal("0.5")


class DashboardChoice(models.Model):
    """The order of a person's cards, and how much of net liq 1 % of the market may move."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    cards = models.JSONField(default=list)
    # Per cent of net liq for each per cent of the benchmark.
    delta_share = models.DecimalField(max_digits=5, decimal_places=2, default=USUAL_SHARE)
