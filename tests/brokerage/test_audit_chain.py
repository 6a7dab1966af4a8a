"""The audit's chain holds through deletions of what it names, and breaks when it is touched."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction
from django.db import connection as database
from django.utils import timezone

from brokerage import audit, connections, sealing
from brokerage.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db


def write(count, kind="order"):
    for number in range(count):
        audit.record(kind, f"act {number}", "done", milliseconds=random.random() * 100)
    sealing.seal()


def raw(sql, *values):
    """As somebody with the database in hand would."""
    with database.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE brokerage_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE brokerage_auditentry ENABLE TRIGGER USER")


def test_a_chain_that_nobody_touched_holds(connection):
    write(5)
    write(3, "call")
    verdict = sealing.verify()
    assert verdict.holds, verdict.problems
    assert verdict.entries == AuditEntry.objects.count()
    assert verdict.unsealed == 0 and len(verdict.head) == 64


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE brokerage_auditentry SET outcome='denied' WHERE id=%s",
        "UPDATE brokerage_auditentry SET at=at + interval '1 microsecond' WHERE id=%s",
        "UPDATE brokerage_auditentry SET details='{\"x\": 1}' WHERE id=%s",
        "DELETE FROM brokerage_auditentry WHERE id=%s",
        "UPDATE brokerage_auditentry SET seal_id=NULL, at='2001-01-01' WHERE id=%s",
        "INSERT INTO brokerage_auditentry (at, who, through, about, kind, action, outcome, details,"
        " seal_id) SELECT at, who, through, about, kind, 'more', outcome, details, seal_id"
        " FROM brokerage_auditentry WHERE id=%s",
    ],
)
def test_a_touched_entry_shows(sql):
    write(5)
    write(5)
    raw(sql, AuditEntry.objects.order_by("id")[2].pk)
    with pytest.raises(CommandError, match="broken"):
        call_command("audit_verify")


def test_a_missing_or_rewritten_link_shows():
    for _ in range(3):
        write(2)
    middle = AuditSeal.objects.get(position=2)
    AuditSeal.objects.filter(pk=middle.pk).update(entries_hash="0" * 64)
    assert any("changed" in problem for problem in sealing.verify().problems)
    AuditEntry.objects.filter(seal=middle).update(seal=None)
    middle.delete()
    assert any("missing" in problem for problem in sealing.verify().problems)


def test_the_words_of_an_entry_cannot_be_changed_by_the_program():
    write(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.update(outcome="denied")


def test_it_survives_the_removal_of_what_it_names(connection, user):
    write(2)
    connections.remove(connection, user)
    user.delete()
    sealing.seal()
    assert sealing.verify().holds
    assert AuditEntry.objects.filter(who="ada", through__contains="Main").exists()


def test_old_calls_are_pruned_whole_links_at_a_time_and_facts_never():
    old = timezone.now() - timedelta(days=40)
    for kind in ("call", "order"):
        entry = AuditEntry(kind=kind, action="a", outcome="b", at=old)
        entry.save()
    sealing.seal()
    write(2, "call")
    assert sealing.prune(30) == 1
    verdict = sealing.verify()
    assert verdict.holds, verdict.problems
    assert verdict.pruned == 1
    assert AuditEntry.objects.filter(kind="order").exists()
    assert sealing.prune(30) == 0


def test_secrets_and_odd_numbers_do_not_stay():
    entry = audit.record(
        "call", "x", "y", details={"access_token": "abc", "n": 0.1 + 0.2, "inf": float("inf")}
    )
    entry.refresh_from_db()
    assert "access_token" not in entry.details
    sealing.seal()
    assert sealing.verify().holds
