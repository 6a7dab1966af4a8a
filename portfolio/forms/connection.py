"""Connecting a brokerage login."""

from __future__ import annotations

from typing import Any

from django import forms

from brokerage import connections
from brokerage.enums import EnvironmentName

WORDS = {
    EnvironmentName.PRODUCTION: "Production: real money",
    EnvironmentName.SANDBOX: "Sandbox: the broker's test environment",
    EnvironmentName.SIMULATOR: "Simulator: no account needed",
}


def environment_choices() -> list[tuple[str, str]]:
    return [(name.value, WORDS[name]) for name in connections.offered()]


class ConnectForm(forms.Form):
    """Environment, client secret and refresh token. Secrets are never sent back to the page."""

    environment = forms.ChoiceField(label="Environment", widget=forms.RadioSelect)
    label = forms.CharField(
        label="Name for this login",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "e.g. Main"}),
    )
    client_secret = forms.CharField(
        label="Client secret",
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Of your OAuth application at the broker.",
    )
    refresh_token = forms.CharField(
        label="Refresh token",
        max_length=8000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Of a personal grant of that application. It is shown once when you create it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = environment_choices()
        self.fields["environment"].choices = choices
        self.fields["environment"].initial = choices[-1][0]

    def refuse(self, error: connections.ConnectError) -> None:
        """The broker's or our refusal, at the field that it concerns."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, str(error))
