"""What one person may choose about looks."""

from __future__ import annotations

from django import forms

from users.models import Preferences


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = Preferences
        fields = ["theme", "palette", "compact", "flash_ticks", "default_account"]
        labels = {
            "theme": "Theme",
            "palette": "Gain and loss",
            "compact": "Compact tables",
            "flash_ticks": "Flash a figure when it changes",
            "default_account": "Accounts shown after signing in",
        }
        widgets = {
            "theme": forms.RadioSelect,
            "palette": forms.RadioSelect,
            "default_account": forms.HiddenInput,
        }
