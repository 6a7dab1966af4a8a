"""A person's guards: read with their defaults, changed with an audit row."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brokerage import access, audit, events
from brokerage.models import Account, AccountGuard, TraderGuard

PASSWORD, SECOND_FACTOR = "password", "second factor"
PROOFS = (PASSWORD, SECOND_FACTOR)
# What a person may set; trading itself has its own switch.
LIMITS = (
    "closing_only",
    "max_shares",
    "max_contracts",
    "max_coins",
    "max_notional",
    "max_buying_power_percent",
    "limit_band_percent",
    "wide_percent",
)


def guard_for(user: Any, account: Account) -> AccountGuard:
    """The person's guards for the account; an unsaved row of defaults when nothing was set."""
    found = AccountGuard.objects.filter(user_id=user.pk, account=account).first()
    return found or AccountGuard(user_id=user.pk, account=account)


@transaction.atomic
def save_guard(user: Any, account: Account, **values: Any) -> AccountGuard:
    """Set some of LIMITS. ValidationError (by field) for a value that makes no sense."""
    if unknown := set(values) - set(LIMITS):
        raise ValueError(f"not a guard: {', '.join(sorted(unknown))}")
    guard = _locked(user, account)
    before = {name: getattr(guard, name) for name in values}
    for name, value in values.items():
        setattr(guard, name, value)
    others = {field.name for field in guard._meta.fields} - set(LIMITS)
    guard.clean_fields(exclude=others)
    guard.save()
    changed = {
        name: [_told(before[name]), _told(value)]
        for name, value in values.items()
        if before[name] != value
    }
    _note(user, account, "guards", "changed", changed=changed)
    return guard


def trading_is_on(user: Any, account: Account) -> bool:
    """Whether the person has switched trading on here (or not off, where it starts on)."""
    return lets_out(guard_for(user, account), account)


def lets_out(guard: AccountGuard, account: Account) -> bool:
    """The same for guards that are at hand."""
    if guard.trading is None:
        return account.environment in settings.TRADING_STARTS_ON
    return guard.trading


def turn_on(user: Any, account: Account, *, proof: str) -> None:
    """Let the person's orders for this account out.

    The caller has just checked the password or second factor and names which (PROOFS).
    Raises access.NotFound when none of the person's logins may trade there.
    """
    if proof not in PROOFS:
        raise ValueError("trading is switched on with a password or second factor alone")
    access.connection_for(user, account, trading=True)
    _switch(user, account, on=True, proof=proof)


def turn_off(user: Any, account: Account) -> None:
    """Hold the person's orders for this account back; needs no proof."""
    _switch(user, account, on=False, proof="")


@transaction.atomic
def _switch(user: Any, account: Account, *, on: bool, proof: str) -> None:
    guard = _locked(user, account)
    guard.trading, guard.trading_proof = on, proof
    guard.trading_since = timezone.now()
    guard.save(update_fields=["trading", "trading_proof", "trading_since", "updated_at"])
    _note(user, account, "trading", "on" if on else "off", proof=proof)
    events.publish(events.CONNECTION_UPDATED, user=user)


def _locked(user: Any, account: Account) -> AccountGuard:
    guard, _ = AccountGuard.objects.select_for_update().get_or_create(
        user_id=user.pk, account=account
    )
    return guard


# --- over all accounts -----------------------------------------------------------------------


def trader_guard(user: Any) -> TraderGuard:
    """The person's shield; an unsaved row of defaults when nothing was set."""
    rows = TraderGuard.objects.select_related("default_account")
    return rows.filter(user_id=user.pk).first() or TraderGuard(user_id=user.pk)


def set_default_account(user: Any, account: Account | None) -> None:
    """Orders for any other account ask once more from now on; None asks nothing."""
    TraderGuard.objects.update_or_create(user_id=user.pk, defaults={"default_account": account})
    _note(user, account, "default account", "changed")


def set_shield(user: Any, on: bool) -> None:
    TraderGuard.objects.update_or_create(user_id=user.pk, defaults={"shield": on})
    _note(user, None, "shield", "on" if on else "off")


def other_account_words(user: Any, account: Account) -> str:
    """What the shield asks before an order for this account; empty when it asks nothing."""
    guard = TraderGuard.objects.filter(user_id=user.pk, shield=True).first()
    default = guard.default_account_id if guard else None
    if guard is None or default in (None, account.pk):
        return ""
    return (
        f"This order is for {account}, not for your default account {guard.default_account}. "
        "Send it there?"
    )


def _note(user: Any, account: Account | None, action: str, outcome: str, **details: Any) -> None:
    audit.record("guard", action, outcome, user=user, account=account, details=details)


def _told(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else f"{value:f}"
