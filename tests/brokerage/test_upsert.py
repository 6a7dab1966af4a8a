from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from brokerage.models import Account, Instrument, Watchlist
from brokerage.sync.upsert import upsert

KEY = ("environment", "instrument_type", "symbol")
pytestmark = pytest.mark.django_db


def row(symbol="AAPL", **changes):
    return {
        "environment": "simulator",
        "instrument_type": "Equity",
        "symbol": symbol,
        "description": "Apple",
        "raw": {"price": Decimal("1234567890123456.7891")},
        "received_at": timezone.now(),
        **changes,
    }


def test_rows_are_inserted_changed_and_left_alone():
    first = upsert(Instrument, [row("A"), row("B")], key=KEY, quiet=("received_at",))
    assert (len(first.inserted), first.changed) == (2, ())
    again = upsert(Instrument, [row("A"), row("B")], key=KEY, quiet=("received_at",))
    assert (again.rows, again.touched) == (2, 0)
    one = upsert(Instrument, [row("A", description="New")], key=KEY, quiet=("received_at",))
    assert one.inserted == ()
    assert one.changed == (Instrument.objects.get(symbol="A").pk,)


def test_an_unchanged_row_is_not_rewritten():
    upsert(Instrument, [row()], key=KEY, quiet=("received_at",))
    before = Instrument.objects.get().received_at
    upsert(Instrument, [row()], key=KEY, quiet=("received_at",))
    assert Instrument.objects.get().received_at == before


def test_columns_not_given_start_at_their_default_and_are_kept():
    upsert(Instrument, [row()], key=KEY)
    made = Instrument.objects.get()
    assert (made.tick_sizes, made.root_symbol) == ([], "")
    Instrument.objects.update(root_symbol="KEPT")
    upsert(Instrument, [row(description="New")], key=KEY)
    assert Instrument.objects.get().root_symbol == "KEPT"


def test_of_two_with_one_key_the_last_stands():
    upsert(Instrument, [row(description="1"), row(description="2")], key=KEY)
    assert Instrument.objects.get().description == "2"


def test_an_older_row_is_refused():
    upsert(Instrument, [row(expiration_date="2026-02-02")], key=KEY)
    older = row(expiration_date="2026-01-01", description="older")
    written = upsert(
        Instrument,
        [older],
        key=KEY,
        newer="excluded.expiration_date >= stored.expiration_date",
    )
    assert written.touched == 0
    assert Instrument.objects.get().description == "Apple"


def test_decimals_in_raw_stay_exact_and_odd_text_is_no_crash():
    from django.db import connection

    upsert(
        Instrument,
        [row(description="nul \x00 here", raw={"a": "b\x00", "n": Decimal("1.10")})],
        key=KEY,
    )
    assert Instrument.objects.get().description == "nul  here"
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw::text FROM brokerage_instrument")
        assert cursor.fetchone()[0] == '{"a": "b", "n": 1.10}'


def test_only_a_nul_is_left_out_of_raw_not_the_letters_that_stand_for_one():
    raw = {"letters": r"\u0000", "more": "\\\\u0000", "nul": "a\x00b", "after": "\\\x00"}
    upsert(Instrument, [row(raw=raw)], key=KEY)
    assert Instrument.objects.get().raw == raw | {"nul": "ab", "after": "\\"}


def test_many_rows_with_gaps_defaults_and_shared_values():
    rows = [
        row(f"S{n}", expiration_date=None if n % 3 else "2026-02-02", active=n % 2 == 0)
        for n in range(1203)
    ]
    assert len(upsert(Instrument, rows, key=KEY).inserted) == 1203
    stored = {found.symbol: found for found in Instrument.objects.all()}
    assert [stored[given["symbol"]].active for given in rows] == [n % 2 == 0 for n in range(1203)]
    assert sum(found.expiration_date is None for found in stored.values()) == 802
    assert {found.root_symbol for found in stored.values()} == {""}


def test_a_word_longer_than_its_column_is_cut():
    upsert(Instrument, [row("X" * 100)], key=KEY)
    assert len(Instrument.objects.get().symbol) == 64


def test_nothing_is_nothing():
    assert upsert(Account, [], key=("environment", "number")).rows == 0


@pytest.mark.parametrize("text", ["a\tb", "a\nb\r", "back\\slash", r"\N", r"\.", "", "é €"])
def test_any_text_arrives_as_it_was(text):
    upsert(Instrument, [row(description=text, raw={"text": text})], key=KEY)
    stored = Instrument.objects.get()
    assert (stored.description, stored.raw) == (text, {"text": text})


def test_a_key_that_may_be_empty_is_one_key():
    rows = [{"environment": "simulator", "connection_id": None, "name": "Public", "entries": []}]
    keys = ("environment", "connection_id", "name")
    assert len(upsert(Watchlist, rows, key=keys).inserted) == 1
    assert upsert(Watchlist, rows, key=keys).touched == 0
