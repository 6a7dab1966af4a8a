"""Read a connection over REST now, in this process, and print what each step did."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from brokerage.enums import SyncKind, SyncState
from brokerage.models import Connection, SyncRun
from brokerage.sync import runs, schedule


class Command(BaseCommand):
    help = "Sync one connection, or all of them, and wait for the end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connection", help="the id of one connection")
        parser.add_argument(
            "--kind", action="append", choices=[str(kind) for kind in SyncKind], dest="kinds"
        )

    def handle(self, **options: object) -> None:
        rows = Connection.objects.all()
        if options["connection"]:
            rows = rows.filter(pk=str(options["connection"]))
        if not rows:
            raise CommandError("There is no such connection.")
        chosen = options["kinds"] or schedule.ORDER
        kinds = [SyncKind(str(kind)) for kind in chosen]  # type: ignore[attr-defined]
        failed = [row for row in rows if not self._sync(row, kinds)]
        if failed:
            raise CommandError(f"{len(failed)} of {len(rows)} connections did not sync whole.")

    def _sync(self, connection: Connection, kinds: list[SyncKind]) -> bool:
        run = runs.sync(connection, kinds)
        assert run is not None, "a waiting sync always runs"
        self._print(connection, run)
        return run.state == SyncState.DONE

    def _print(self, connection: Connection, run: SyncRun) -> None:
        self.stdout.write(f"{connection}: {run.state} {run.message}".rstrip())
        for step in run.report:
            account = f" account {step['account']}" if step["account"] else ""
            self.stdout.write(
                f"  {step['kind']}{account}: {step['state']}, {step['rows']} rows, "
                f"{step['changed']} changed, {step['milliseconds']} ms {step['message']}".rstrip()
            )
