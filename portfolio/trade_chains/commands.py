"""What a person does to chains: correct, take back, write about. Every act is audited.

Corrections move no money: see `edits`. All are undone with one act; those that later ones build on
only after them.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from brokerage import audit
from brokerage.models import Account
from portfolio.models import ChainEdit, ChainNote, ChainTag, EditKind
from portfolio.models.trade_chains import KEY_LENGTH
from portfolio.trade_chains import edits
from portfolio.trade_chains.edits import Edit, EditRefused
from portfolio.trade_chains.histories import AccountHistory, load

NOTE_LIMIT = 4000
TAG_LIMIT = 40
TAGS_LIMIT = 20
_DONE = "done"


def correct(user: Any, account: Account, edit: Edit) -> tuple[ChainEdit, str]:
    """Make a correction; also answers the key of the chain to look at afterwards.

    Raises EditRefused when it cannot be made, with nothing written.
    """
    with transaction.atomic():
        # One after the other: each is tried on what the one before left.
        Account.objects.select_for_update().get(pk=account.pk)
        one = _loaded(user, account)
        edit = _settled(one, edit)
        after = edits.apply(one.history, edit)
        row = ChainEdit.objects.create(
            user=user, account=account, kind=edit.kind, chain=edit.chain,
            events=list(edit.events), others=list(edit.others),
        )  # fmt: skip
        _audit(user, account, edit.kind, row)
    shown = edits.find(after, edit.others[0] if edit.kind == EditKind.MOVE else edit.chain)
    return row, shown.key if shown is not None else ""


def _settled(one: AccountHistory, edit: Edit) -> Edit:
    """With the keys that the chains have now; a fill that is not booked yet has none that lasts."""
    chains = [edits.find(one.history, key) for key in (edit.chain, *edit.others)]
    if any(chain is None for chain in chains):
        raise EditRefused("The chain is not there any more; it may have been joined to another.")
    found = [chain for chain in chains if chain is not None]
    touched = {entry.event.key for chain in found for entry in chain.entries}
    if touched & one.unbooked:
        raise EditRefused(
            "Part of this is filled but not booked by the broker yet. Correct it once it is booked."
        )
    unknown = set(edit.events) - touched
    if unknown:
        raise EditRefused("A leg of this is not in the chain any more; look at it anew.")
    return Edit(edit.kind, found[0].key, edit.events, tuple(chain.key for chain in found[1:]))


def undo(user: Any, account: Account, pk: int) -> ChainEdit:
    """Take a correction back. EditRefused when a later one builds on it."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        one = _loaded(user, account)
        row = next((row for row in one.edits if row.pk == pk and row.undone_at is None), None)
        if row is None:
            raise EditRefused("This correction is taken back already.")
        rest = [Edit.of(other) for other in one.edits if other.undone_at is None and other != row]
        _, problems = edits.apply_all(one.rebuilt, rest)
        if set(problems) - set(one.problems):
            raise EditRefused("A later correction builds on this one; take that back first.")
        row.undone_at = timezone.now()
        row.save(update_fields=["undone_at"])
        _audit(user, account, "undo", row)
    return row


def add_note(user: Any, account: Account, chain: str, text: str) -> ChainNote:
    """Raises EditRefused for an empty or endless text."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise EditRefused("Write a word first.")
    if len(text) > NOTE_LIMIT:
        raise EditRefused(f"A note has {NOTE_LIMIT:,} characters at most; this has {len(text):,}.")
    return ChainNote.objects.create(user=user, account=account, chain=_key(chain), text=text)


def remove_note(user: Any, account: Account, pk: int) -> None:
    ChainNote.objects.filter(user_id=user.pk, account=account, pk=pk).delete()


def add_tag(user: Any, account: Account, chain: str, name: str) -> None:
    """Raises EditRefused for a name that is empty or too long, or one tag too many."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > TAG_LIMIT:
        raise EditRefused(f"A tag has 1 to {TAG_LIMIT} characters.")
    own = ChainTag.objects.filter(user_id=user.pk, account=account, chain=_key(chain))
    if own.count() >= TAGS_LIMIT:
        raise EditRefused(f"A chain has {TAGS_LIMIT} tags at most.")
    own.get_or_create(name=name, defaults={"user": user, "account": account, "chain": _key(chain)})


def remove_tag(user: Any, account: Account, pk: int) -> None:
    ChainTag.objects.filter(user_id=user.pk, account=account, pk=pk).delete()


def _key(chain: str) -> str:
    return chain[:KEY_LENGTH]


def _loaded(user: Any, account: Account) -> AccountHistory:
    return load(user, [account]).accounts[0]


def _audit(user: Any, account: Account, action: str, row: ChainEdit) -> None:
    details = {
        "correction": row.pk,
        "chain": row.chain,
        "events": row.events[:50],
        "others": row.others[:50],
    }
    audit.record("chain", action, _DONE, user=user, account=account, details=details)
