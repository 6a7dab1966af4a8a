"""Migrations say what the models say; every template of ours compiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_django_finds_nothing_to_say() -> None:
    call_command("check", fail_level="WARNING")


def test_every_template_compiles() -> None:
    names = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")]
    broken = {}
    for name in names:
        try:
            get_template(name)
        except Exception as error:
            broken[name] = str(error)
    assert names and not broken
