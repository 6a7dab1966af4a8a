"""`python -m tests.exactly_once`: play, settle, judge; the last line is JSON."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from tests.exactly_once import plans
from tests.exactly_once.records import Records, say
from tests.exactly_once.servers import Servers

ACCOUNTS = 40
# Rounds that may be open at a time: settling one takes longer than playing another.
OPEN_ROUNDS = 6
# A new broker and a new person after so many rounds: ledgers and lists stay of a real size.
EPOCH = 100
GIVE_UP_SECONDS = 900.0


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    records = Records(options.record or _default_record(options))
    servers = Servers()
    started = time.monotonic()
    try:
        servers.start()
        tally = _Run(servers, records, options).go()
    finally:
        servers.stop()
    for complaint in tally.complaints[:50]:
        say(complaint)
    told = tally.told() | {"seed": options.seed, "seconds": round(time.monotonic() - started, 1)}
    say(json.dumps(told))
    return 0 if tally.clean and tally.runs == options.runs else 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.exactly_once")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, help="file of finished rounds; given again: resumed")
    parser.add_argument("--epoch", type=int, default=EPOCH, help="rounds with one broker")
    return parser.parse_args(arguments)


def _default_record(options: argparse.Namespace) -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="exactly-once-record-")) / f"{options.seed}.jsonl"


class _Run:
    """All rounds of one command line."""

    def __init__(self, servers: Servers, records: Records, options: argparse.Namespace) -> None:
        self.servers = servers
        self.records = records
        self.options = options

    def go(self) -> Any:
        _prepare_django()
        from tests.exactly_once.verdict import Tally

        tally = Tally()
        finished = self.records.finished()
        todo = []
        for plan in plans.rounds(self.options.seed, self.options.runs):
            known = finished.get(plan.number)
            if known is not None and known["runs"] == plan.size:
                tally.add(known)
            else:
                todo.append(plan)
        size = self.options.epoch
        for first in range(0, len(todo), size):
            self._epoch(todo[first : first + size], first // size, tally)
        return tally

    def _epoch(self, todo: list[plans.Round], number: int, tally: Any) -> None:
        from tests.exactly_once.epoch import Epoch

        epoch = Epoch(self.servers, self.options.seed + number, number, self.records, tally)
        try:
            epoch.begin(ACCOUNTS)
            epoch.play(todo, OPEN_ROUNDS, GIVE_UP_SECONDS)
        finally:
            epoch.end()


def _prepare_django() -> None:
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    # A pool has threads, and threads do not survive a fork.
    connections["default"].settings_dict["OPTIONS"].pop("pool", None)
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    raise SystemExit(main())
