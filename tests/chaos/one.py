"""`python -m tests.chaos.one`: one seed on servers of its own; the last line is its result."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from tests.chaos.servers import Servers

# Of servers that live a few minutes; nothing is protected by them.
KEYS = {
    "SECRET_KEY": "a-key-for-tests-that-protects-nothing-at-all",
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "LOG_LEVEL": "ERROR",
}


def set_up(servers: Servers) -> None:
    """Servers started, Django set up on them, tables made."""
    os.environ.update(KEYS)
    servers.start()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def end_cleanly() -> None:
    """Asked to end, everything that was started is ended."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--logs", type=Path, required=True, help="where the processes write")
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    end_cleanly()
    servers = Servers()
    try:
        set_up(servers)
        from tests.chaos.play import play

        result = play(options.seed, options.seconds, servers, options.logs)
    finally:
        servers.stop()
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    return 1 if result.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
