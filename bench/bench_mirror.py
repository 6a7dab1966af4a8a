"""Writing 10,000 positions into the mirror: our upsert, Django's, and bare COPY.

The same rows for all three, each in one transaction on an empty history, best of several. "new"
inserts all, "changed" moves the mark of all, "same" brings nothing new.

    python -m bench.bench_mirror [--rows 10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from bench.database import database

KEY = ("account_id", "instrument_type", "symbol")
Rows = list[dict[str, Any]]
LIMITS = {"against Django": 4.0, "of bare COPY": 0.35}


def positions(account_id: int, count: int) -> Rows:
    """Field values as the mapping of the sync makes them, from payloads as the broker sends."""
    from brokerage.sync import mapping
    from brokerage.tastytrade.payloads.positions import Position

    chance = random.Random(7)
    at = datetime(2026, 3, 11, 18, 30, tzinfo=UTC)
    return [
        mapping.position(Position.read(payload(number, chance)), account_id, at)
        for number in range(count)
    ]


def payload(number: int, chance: random.Random) -> dict[str, Any]:
    symbol = f"SY{number // 100:04d} 270115C{number % 100 * 5000:08d}"
    price = f"{chance.uniform(0.05, 90):.2f}"
    return {
        "account-number": "5WT00001",
        "symbol": symbol,
        "instrument-type": "Equity Option",
        "underlying-symbol": f"SY{number // 100:04d}",
        "streamer-symbol": f".SY{number // 100:04d}270115C{number % 100 * 5}",
        "quantity": chance.randrange(1, 30),
        "quantity-direction": chance.choice(["Long", "Short"]),
        "average-open-price": price,
        "close-price": price,
        "average-daily-market-close-price": price,
        "multiplier": 100,
        "cost-effect": "Credit",
        "mark-price": price,
        "mark": price,
        "is-suppressed": False,
        "is-frozen": False,
        "restricted-quantity": "0.0",
        "expires-at": "2027-01-15T21:00:00.000+00:00",
        "realized-day-gain": "0.0",
        "realized-day-gain-effect": "None",
        "realized-day-gain-date": "2026-03-10",
        "realized-today": "0.0",
        "realized-today-effect": "None",
        "realized-today-date": "2026-03-10",
        "created-at": "2026-03-02T15:33:40.118+00:00",
        "updated-at": "2026-03-10T15:33:40.118+00:00",
    }


def moved(rows: Rows) -> Rows:
    return [{**row, "mark_price": (row["mark_price"] or Decimal(0)) + 1} for row in rows]


def by_us(rows: Rows) -> None:
    from brokerage.models import Position
    from brokerage.sync.positions import QUIET
    from brokerage.sync.upsert import LATER, upsert

    upsert(Position, rows, key=KEY, newer=LATER, quiet=QUIET)


def by_django(rows: Rows) -> None:
    from django.db import transaction

    from brokerage.models import Position

    names = [name for name in rows[0] if name not in KEY and name != "account_id"]
    with transaction.atomic():
        Position.objects.bulk_create(
            [Position(**row) for row in rows],
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["account", "instrument_type", "symbol"],
            update_fields=names,
        )


def by_copy(rows: Rows) -> None:
    """Into the very table, checks and indexes included; it can only insert."""
    from django.db import connection, transaction
    from psycopg.types.json import Jsonb

    columns = list(rows[0])
    with transaction.atomic(), connection.cursor() as cursor:
        copy = f"COPY brokerage_position ({', '.join(columns)}) FROM STDIN"
        with cursor.copy(copy) as channel:
            for row in rows:
                channel.write_row(
                    [Jsonb(row[name]) if name == "raw" else row[name] for name in columns]
                )


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE brokerage_position, brokerage_positionevent")


def triggers(on: bool) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        word = "ENABLE" if on else "DISABLE"
        cursor.execute(f"ALTER TABLE brokerage_position {word} TRIGGER USER")


Way = tuple[Callable[[], None], Callable[[], None]]


def race(ways: dict[str, Way], rounds: int) -> dict[str, float]:
    """Best seconds of each; in turns, so that other work on the machine meets all alike."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, (prepare, work) in ways.items():
            prepare()
            started = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def measure(rows: Rows, rounds: int) -> dict[str, float]:
    """Rows a second per way and case."""
    later = moved(rows)

    def filled() -> None:
        empty()
        by_us(rows)

    found = {}
    for case, prepare, given in (
        ("new", empty, rows),
        ("changed", filled, later),
        ("same", filled, rows),
    ):
        ways: dict[str, Way] = {
            f"desk, {case}": (prepare, partial(by_us, given)),
            f"Django bulk_create, {case}": (prepare, partial(by_django, given)),
        }
        found.update(race(ways, rounds))
    triggers(on=False)
    bare: dict[str, Way] = {
        "desk without history, new": (empty, partial(by_us, rows)),
        "bare COPY without history, new": (empty, partial(by_copy, rows)),
    }
    found.update(race(bare, rounds))
    triggers(on=True)
    return {name: len(rows) / took for name, took in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with database():
        from brokerage.models import Account

        account = Account.objects.create(environment="simulator", number="5WT00001")
        rates = measure(positions(account.pk, options.rows), options.rounds)
    for name, rate in rates.items():
        print(f"{name:34} {rate:10,.0f} rows/s")
    ratios = {
        **{
            f"against Django, {case}": rates[f"desk, {case}"] / rates[f"Django bulk_create, {case}"]
            for case in ("new", "changed", "same")
        },
        "of bare COPY": rates["desk without history, new"]
        / rates["bare COPY without history, new"],
        "of bare COPY, history kept": rates["desk, new"] / rates["bare COPY without history, new"],
    }
    return report(ratios)


def report(ratios: dict[str, float]) -> int:
    short = 0
    for name, ratio in ratios.items():
        limit = LIMITS.get(name.partition(",")[0]) if "kept" not in name else None
        verdict = "" if limit is None else f"  at least {limit}"
        short += limit is not None and ratio < limit
        print(f"{name:34} x{ratio:.2f}{verdict}")
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main())
