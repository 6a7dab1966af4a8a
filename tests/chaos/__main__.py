"""`make chaos SEEDS="1 2 3"`: seeded runs; the last line is JSON with seeds, score, differences."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.chaos.one import end_cleanly
from tests.chaos.stage import ROOT

# A run that has not ended so long after its trading hangs.
PATIENCE = 600.0
Told = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=60.0, help="of trading for each seed")
    parser.add_argument("--record", type=Path, help="a file for the last line after each seed")
    options = parser.parse_args()
    seeds = [int(word) for word in options.seeds.replace(",", " ").split()]
    end_cleanly()
    results: list[Told] = []
    for seed in seeds:
        results.append(run(seed, options.seconds))
        sys.stdout.write(json.dumps(results[-1]) + "\n")
        sys.stdout.flush()
        if options.record:
            options.record.write_text(json.dumps(summary(results)) + "\n")
    told = summary(results)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if told["lines"] and not told["differences"] else 1


def run(seed: int, seconds: float) -> Told:
    """One seed in a process of its own; one that fails or hangs is a difference."""
    logs = ROOT / ".chaos" / str(seed)
    command = [sys.executable, "-m", "tests.chaos.one", "--seed", str(seed)]
    command += ["--seconds", str(seconds), "--logs", str(logs)]
    try:
        return last_line(command, seconds + PATIENCE)
    except (IndexError, ValueError, subprocess.TimeoutExpired) as failure:
        return {"seed": seed, "differences": [f"the run did not end well: {failure}"]}


def last_line(command: list[str], timeout: float) -> Told:
    """The JSON that a command ends with; asked to end when it takes longer than `timeout`."""
    # Servers of its own, whatever the caller uses.
    apart = {"DATABASE_URL", "REDIS_URL"}
    env = {name: value for name, value in os.environ.items() if name not in apart}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            told, _ = process.communicate(timeout=timeout)
        finally:
            process.terminate()
    return dict(json.loads(told.strip().splitlines()[-1]))


def summary(results: list[Told]) -> Told:
    """What all seeds came to."""
    matching, lines = _sum(results, "matching"), _sum(results, "lines")
    return {
        "seeds": [told["seed"] for told in results],
        "score": matching / lines if lines else 0.0,
        "lines": lines,
        "differences": [
            f"seed {told['seed']}: {text}" for told in results for text in told["differences"]
        ],
        "virtual_seconds": [told.get("virtual_seconds", 0.0) for told in results],
        "orders": _sum(results, "orders"),
        "changes": _sum(results, "changes"),
        "kills": _sum(results, "kills"),
        "notes": _sum(results, "notes"),
        "news": _sum(results, "news"),
        "pages": _by_name(results, "pages"),
        "parts": _parts(results),
        "endings": _by_name(results, "endings"),
        "shocks": _by_name(results, "shocks"),
        "fault_hits": _by_name(results, "fault_hits"),
        "memory_mib_third_to_end": _memory(results),
        "seconds_to_equal": [told.get("seconds_to_equal") for told in results],
        "seconds_to_pages": [told.get("seconds_to_pages") for told in results],
        "seconds_to_alive": [told.get("seconds_to_alive") for told in results],
    }


def _sum(results: list[Told], name: str) -> int:
    return sum(told.get(name, 0) for told in results)


def _by_name(results: list[Told], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for told in results:
        for what, count in told.get(name, {}).items():
            found[what] = found.get(what, 0) + count
    return dict(sorted(found.items()))


def _parts(results: list[Told]) -> dict[str, list[int]]:
    """Matching lines and all lines by kind."""
    found: dict[str, list[int]] = {}
    for told in results:
        for part, (matching, lines) in told.get("parts", {}).items():
            known = found.setdefault(part, [0, 0])
            known[0], known[1] = known[0] + matching, known[1] + lines
    return found


def _memory(results: list[Told]) -> dict[str, list[Any]]:
    """By process: [seed, MiB after the first third, MiB at the end] where it lived through."""
    found: dict[str, list[Any]] = {}
    for told in results:
        for name, (third, end) in told.get("memory_mib", {}).items():
            found.setdefault(name, []).append([told["seed"], third, end])
    return found


if __name__ == "__main__":
    raise SystemExit(main())
