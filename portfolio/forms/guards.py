"""Forms of the guards: limits of one account, the shield, and the proof of who asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.core import ratelimit
from allauth.mfa.base.forms import ReauthenticateForm as CodeForm
from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from brokerage.execution import guard_settings
from brokerage.models import Account, AccountGuard
from portfolio.forms.ticket_fields import DecimalText


def _limit(label: str, help_text: str) -> DecimalText:
    return DecimalText(label=label, required=False, help_text=help_text)


def _typed(value: Any) -> Any:
    """A figure as a person would type it; a default may still be a whole number."""
    if value is None or isinstance(value, bool):
        return value
    return f"{Decimal(value).normalize():f}"


class GuardForm(forms.Form):
    """Limits of one person for one account; an empty one does not bind."""

    closing_only = forms.BooleanField(
        label="Closing only",
        required=False,
        help_text="Only orders that make positions smaller go out.",
    )
    max_shares = _limit("Most shares an order", "")
    max_contracts = _limit("Most contracts an order", "Options and futures, per leg.")
    max_coins = _limit("Most coins an order", "")
    max_notional = _limit(
        "Most notional an order, $", "Price × quantity × multiplier over all legs, without netting."
    )
    max_buying_power_percent = _limit(
        "Most buying power an order, %", "Of what is there now, by the broker's dry run."
    )
    limit_band_percent = _limit(
        "Limit band round the mid, %", "A limit further from the mid than this is held back."
    )
    wide_percent = DecimalText(
        label="A market is wide above, %",
        help_text="Spread in percent of the mid; market orders are held back in a wide market.",
        error_messages={"required": "Enter a percentage: this guard is always on."},
    )

    @classmethod
    def of(cls, guard: AccountGuard) -> GuardForm:
        """The form as the guard is now."""
        return cls(initial={name: _typed(getattr(guard, name)) for name in guard_settings.LIMITS})

    def save(self, user: Any, account: Account) -> bool:
        """Whether it was stored; what does not make sense stands at its field then."""
        try:
            guard_settings.save_guard(user, account, **self.cleaned_data)
        except ValidationError as problem:
            for name, texts in problem.message_dict.items():
                self.add_error(name if name in self.fields else None, texts)
            return False
        return True


class ShieldForm(forms.Form):
    """The account that orders are usually for, and whether others are asked about."""

    default_account = forms.ChoiceField(
        label="Default account",
        required=False,
        help_text="An order for any other account asks once more before it is sent.",
    )
    shield = forms.BooleanField(label="Ask about other accounts", required=False)

    def __init__(self, *args: Any, accounts: list[Account], **options: Any) -> None:
        super().__init__(*args, **options)
        self.accounts = {str(account.pk): account for account in accounts}
        choices = [
            (pk, f"{account} ({account.get_environment_display()})")
            for pk, account in self.accounts.items()
        ]
        self.fields["default_account"].choices = [("", "None: nothing is asked"), *choices]

    def account(self) -> Account | None:
        """The account chosen; after `is_valid()`."""
        return self.accounts.get(self.cleaned_data["default_account"])


# --- who asks ----------------------------------------------------------------------------------


def has_second_factor(user: Any) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def proof_form(user: Any, data: Any = None, *, prefix: str = "") -> forms.Form:
    """A code of the second factor where the person has one, else the password."""
    kind = CodeForm if has_second_factor(user) else PasswordForm
    form: forms.Form = kind(data, user=user, prefix=prefix or None)
    if "code" in form.fields:
        form.fields["code"].label = "Code of your second factor"
    if "password" in form.fields:
        form.fields["password"].label = "Your password"
        form.fields["password"].help_text = ""
        form.fields["password"].widget.attrs.pop("placeholder", None)
    return form


def proven(request: HttpRequest, form: forms.Form) -> str:
    """How the person proved who they are (PROOFS), empty when they did not; wrong tries count."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        form.full_clean()
        form.add_error(None, "Too many tries. Wait a minute.")
        return ""
    if not form.is_valid():
        return ""
    if "code" in form.fields:
        return guard_settings.SECOND_FACTOR
    return guard_settings.PASSWORD
