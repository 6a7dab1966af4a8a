"""Walk the audit's hash chain; ends with 1 when an entry was changed, removed or slipped in."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from brokerage import sealing


class Command(BaseCommand):
    help = "Verify the hash chain of the audit. Keep the head it prints, to compare it later."

    def handle(self, **_options: object) -> None:
        sealing.seal()
        verdict = sealing.verify()
        self.stdout.write(
            f"{verdict.links} links, {verdict.entries} entries, {verdict.pruned} pruned calls, "
            f"{verdict.unsealed} not sealed yet. Head: {verdict.head}"
        )
        if not verdict.holds:
            raise CommandError("The chain is broken: " + "; ".join(verdict.problems[:20]) + ".")
        self.stdout.write("The chain holds.")
