"""Every state of an order is drawn: words, a sign besides colour, a colour group, a tip."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brokerage.enums import IntentState, OrderStatus
from portfolio.orders import staged, words
from portfolio.orders.words import Chip

ROOT = Path(__file__).resolve().parents[3]
MACHINE = json.loads(
    (ROOT / "tests/contract/samples/orders/reference_status_machine.json").read_text()
)
STATUSES = {row["name"]: row["phase"] for row in MACHINE["statuses"]}
GROUPS = {
    "submission": {"submission"},
    "working": {"working"},
    "terminal": {"terminal", "good", "bad"},
}
CSS = (ROOT / "static/css/desk.css").read_text()


class NoLegs:
    @staticmethod
    def all() -> list[object]:
        return []


def chip_of(status: str) -> Chip:
    """The chip of an order without legs."""
    row: Any = SimpleNamespace(
        status=status, size=None, gone_at=None, contingent_status="", legs=NoLegs
    )
    return words.status_chip(row)


def sign_of(tone: str) -> str:
    """What stands before the words of a chip of this group, as the stylesheet draws it."""
    rules = re.findall(rf"^\.chip--{tone}::before \{{(.*?)\}}", CSS, re.MULTILINE)
    assert rules, f"no sign for {tone}"
    return "".join(rules).replace(" ", "")


def test_the_contract_and_the_desk_know_the_same_statuses():
    assert set(STATUSES) == {str(status) for status in OrderStatus}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_contract_has_words_group_sign_and_tip(status):
    chip = chip_of(status)
    assert chip.text == status, "the broker's own word"
    assert chip.tone in GROUPS[STATUSES[status]]
    assert chip.tip and "does not know" not in chip.tip
    assert sign_of(chip.tone)


def test_a_status_nobody_knows_is_shown_and_said_to_be_unknown():
    chip = chip_of("Pondering")
    assert chip.text == "Pondering" and chip.tone == "ours" and "does not know" in chip.tip


def test_no_two_groups_differ_by_colour_alone():
    tones = ("submission", "working", "terminal", "good", "ours", "bad")
    signs = [sign_of(tone) for tone in tones]
    assert len(set(signs)) == len(tones), dict(zip(tones, signs, strict=True))


@pytest.mark.parametrize("state", IntentState.values)
def test_every_state_of_a_command_of_ours_is_drawn(state):
    text, tone, tip = words.INTENT_WORDS[IntentState(state)]
    assert text and tip and sign_of(tone)
    assert "ail" not in text.lower(), "nothing is called failed"


def test_the_words_before_the_broker():
    ours = [staged.DRAFT, staged.PREVIEWED, staged.STAGED]
    assert [chip.text for chip in ours] == ["Draft", "Previewed", "Staged"]
    assert {chip.tone for chip in ours} == {"ours"}
    assert words.INTENT_WORDS[IntentState.SENDING][0] == "Sending"
    assert words.INTENT_WORDS[IntentState.UNKNOWN][0] == "Unknown – checking"
