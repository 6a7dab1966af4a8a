"""Read the history of accounts back to their opening; goes on where it was cut off."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from brokerage.credentials import client_for
from brokerage.enums import BackfillKind, SyncState
from brokerage.models import AccountAccess, Backfill
from brokerage.sync import backfill
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade.errors import TastytradeError


class Command(BaseCommand):
    help = "Backfill transactions and orders of one account, or of all, and wait for the end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", help="the number of one account")
        parser.add_argument(
            "--kind", action="append", choices=[str(kind) for kind in BackfillKind], dest="kinds"
        )

    def handle(self, **options: object) -> None:
        accesses = AccountAccess.objects.exclude(connection__state="reconnect")
        accesses = accesses.select_related("account", "connection").order_by("account_id")
        if options["account"]:
            accesses = accesses.filter(account__number=str(options["account"]))
        if not accesses:
            raise CommandError("There is no such account that a working login reaches.")
        kinds = options["kinds"] or [str(kind) for kind in BackfillKind]
        assert isinstance(kinds, list)
        failed = 0
        for access in {access.account_id: access for access in accesses}.values():
            failed += sum(not self._one(access, str(kind)) for kind in kinds)
        if failed:
            raise CommandError(f"{failed} backfill(s) did not end as they should.")

    def _one(self, access: AccountAccess, kind: str) -> bool:
        row = backfill.request(access.account, access.connection, kind)
        name = f"{access.account} {kind}"
        try:
            with client_for(access.connection) as client:
                paced = PacedClient(client, access.connection)
                done = backfill.run(row, paced, told=lambda row: self._tell(name, row))
        except TastytradeError as error:
            self.stderr.write(f"{name}: {type(error).__name__}; run this again to go on")
            return False
        row.refresh_from_db()
        self.stdout.write(f"{name}: {row.state if done else 'another process is at it'}")
        self.stdout.write(f"  {row.message}" if row.message else "")
        return row.state != SyncState.FAILED

    def _tell(self, name: str, row: Backfill) -> None:
        speed, left = backfill.rate(row), backfill.seconds_left(row)
        words = (
            f"{name}: {row.rows_done} of {row.rows_total if row.rows_total is not None else '?'}"
        )
        words += f", {speed:.0f} a second" if speed else ""
        self.stdout.write(words + (f", {left:.0f} s left" if left else ""))
