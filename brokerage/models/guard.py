"""What holds orders back on our side: a person's guards, an account's kill switch."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from brokerage.fields import amount_field, quantity_field
from brokerage.models.account import Account

_POSITIVE = MinValueValidator(0)
_SHARE = (_POSITIVE, MaxValueValidator(100))


class AccountGuard(models.Model):
    """One person's guards for one account; a limit that is null does not bind.

    Percentages are figures from 0 to 100. Without a row the defaults below hold.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account_guards"
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="guards")
    # Null: as the environment begins (settings.TRADING_STARTS_ON).
    trading = models.BooleanField(null=True)
    trading_since = models.DateTimeField(null=True)
    # "password" or "second factor": how the person proved who they are.
    trading_proof = models.CharField(max_length=24, blank=True)
    closing_only = models.BooleanField(default=False)
    max_shares = quantity_field(blank=True, validators=[_POSITIVE])
    max_contracts = quantity_field(blank=True, validators=[_POSITIVE])
    max_coins = quantity_field(blank=True, validators=[_POSITIVE])
    # Dollars, over all legs without netting.
    max_notional = amount_field(blank=True, validators=[_POSITIVE])
    # Of the buying power that is there, what one order may take.
    max_buying_power_percent = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, validators=_SHARE
    )
    # How far a limit may be from the mid, either way, of the legs' summed mids.
    limit_band_percent = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True, validators=[_POSITIVE]
    )
    # A spread above this part of the mid is a wide market.
    wide_percent = models.DecimalField(
        max_digits=7, decimal_places=2, default=20, validators=[_POSITIVE]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "account"], name="guard_once_per_user_and_account"
            )
        ]


class TraderGuard(models.Model):
    """What a person set for themselves over all accounts."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trader_guard"
    )
    # Orders for another account ask once more; without a default account nothing is asked.
    default_account = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    shield = models.BooleanField(default=True)


class KillSwitch(models.Model):
    """While the row stands nobody sends anything for the account but cancellations."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="kill_switch")
    blocked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    blocked_at = models.DateTimeField(auto_now_add=True)
