"""`python -m embedded demo | reset | assets | browser`."""

from __future__ import annotations

import argparse
import os
import sys

from embedded import assets, browser, demo
from embedded.errors import EmbeddedError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    parser.add_argument("command", choices=["demo", "reset", "assets", "browser"])
    parser.add_argument(
        "--verbose", action="store_true", help="show every line that the processes write"
    )
    chosen = parser.parse_args(arguments)
    everything = chosen.verbose or bool(os.environ.get("VERBOSE"))
    commands = {
        "demo": lambda: demo.run(everything=everything),
        "reset": demo.reset,
        "assets": assets.install,
        "browser": browser.obtain,
    }
    try:
        commands[chosen.command]()
    except EmbeddedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
