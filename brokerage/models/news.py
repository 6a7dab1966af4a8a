"""What happened to orders, told to people once: each row is one toast and one line of the log."""

from __future__ import annotations

from django.db import models

from brokerage.enums import NewsKind
from brokerage.fields import quantity_field
from brokerage.models.order import Order


class OrderNews(models.Model):
    """One event of one order; unique, so that the same message read twice is told once."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="news")
    kind = models.CharField(max_length=12, choices=NewsKind)
    # Lots executed when it was told.
    executed = quantity_field(null=False, default=0)
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "executed"], name="news_told_once")
        ]
