"""`manage.py real_connections`: one line per login to a real environment; nothing when none."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.db import connection as database

from brokerage.enums import EnvironmentName
from brokerage.models import Connection


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = "List the logins to environments other than the simulator, one a line."

    def handle(self, **_options: object) -> None:
        if Connection._meta.db_table not in database.introspection.table_names():
            return  # a data folder whose first start was cut short
        real = Connection.objects.exclude(environment=EnvironmentName.SIMULATOR)
        for row in real.select_related("user"):
            self.stdout.write(f"{row.environment}: {row.label or 'unnamed'} of {row.user}")
