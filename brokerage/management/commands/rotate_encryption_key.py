"""Encrypt all stored secrets anew with the first of FIELD_ENCRYPTION_KEYS."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from brokerage.credentials.keys import reencrypt


class Command(BaseCommand):
    help = "Put a new key first in FIELD_ENCRYPTION_KEYS, restart, run this, then drop the old key."

    def handle(self, **_options: object) -> None:
        rewritten, sealed = reencrypt()
        self.stdout.write(f"{rewritten} connection(s) encrypted with the first key.")
        if sealed:
            raise CommandError(
                f"{sealed} connection(s) hold secrets that no present key opens: put their key "
                "back and run this again before dropping any."
            )
