#!/usr/bin/env python
"""Django's command line for Strikedesk."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["demo"]:
        # Before any setting is read: the demo is what brings the servers that settings name.
        from embedded.__main__ import main as embedded

        sys.exit(embedded(sys.argv[1:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
