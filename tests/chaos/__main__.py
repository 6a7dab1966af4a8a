"""`make chaos SEEDS="1 2 3"`: seeded runs; the last line is JSON with seeds, score, differences."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from bench.database import database


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    seeds = [int(word) for word in options.seeds.replace(",", " ").split()]
    results: list[Any] = []
    for seed in seeds:
        with database():
            from django.db import connection

            from tests.chaos.play import play

            name = connection.settings_dict["NAME"]
            address, _, query = os.environ["DATABASE_URL"].partition("?")
            url = f"{address.rpartition('/')[0]}/{name}{'?' + query if query else ''}"
            result = play(seed, options.seconds, url)
        results.append(result)
        sys.stdout.write(f"{result}\n")
        sys.stdout.flush()
    matching, lines = (sum(getattr(r, n) for r in results) for n in ("matching", "lines"))
    differences = [f"seed {r.seed}: {text}" for r in results for text in r.differences]
    told = {
        "seeds": seeds,
        "score": matching / lines if lines else 0.0,
        "lines": lines,
        "differences": differences,
        "orders": sum(r.orders for r in results),
        "kills": sum(r.kills for r in results),
        "fault_hits": sum(r.fault_hits for r in results),
        "gateway_mib": [r.gateway_mib for r in results],
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if lines and not differences else 1


if __name__ == "__main__":
    raise SystemExit(main())
