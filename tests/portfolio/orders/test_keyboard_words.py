"""The overlay of keys and the scripts agree; whatever sends is marked as something that sends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
KEYS = (ROOT / "static/js/keys.js").read_text()
OVERLAY = (ROOT / "templates/_keys.html").read_text()
# Names of addresses whose POST sends, cancels or blocks at the broker.
SENDS = (
    "ticket-submit", "order-cancel", "order-cancel-all", "order-group-cancel", "kill-switch",
)  # fmt: skip


def told() -> list[list[str]]:
    """The keys of each line of the overlay."""
    return [re.findall(r"<kbd>(.+?)</kbd>", line) for line in OVERLAY.splitlines()]


def test_the_overlay_tells_every_key_that_the_script_knows():
    lines = told()
    places = re.search(r"const PLACES = \{(.*?)\};", KEYS)
    assert places
    chords = {letter for letter, _ in re.findall(r'(\w): "(/[^"]*)"', places[1])}
    assert chords == {keys[1] for keys in lines if keys[:1] == ["g"]}
    single = {key for keys in lines for key in keys}
    pressed = re.search(r'\["Enter", (.*?)\]\.includes\(event\.key\)', KEYS)
    assert pressed
    for key in re.findall(r'"(.)"', pressed[1]):
        assert key in single, key
    for key in ("j", "k", "/", "?", "Esc", "Enter", "=", "b", "s"):
        assert key in single, key


def test_the_keys_of_the_conventions_are_all_there():
    lines = told()
    single = {key for keys in lines for key in keys}
    assert {"j", "k", "x", "Enter", "c", "r", "d", "v", "n", "[", "]", "m", "Esc", "?"} <= single
    assert {"p", "o", "t", "r", "j"} <= {keys[1] for keys in lines if keys[:1] == ["g"]}


def forms() -> list[tuple[str, str]]:
    """(file, form) of each form that posts to a sending address."""
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
            head = form[: form.index(">")]
            posts = 'method="post"' in head and any(f"portfolio:{name}'" in head for name in SENDS)
            if posts or "{{ send_url }}" in head:
                found.append((path.name, form))
    return found


def test_there_are_such_forms():
    assert len(forms()) >= 9


@pytest.mark.parametrize(("name", "form"), forms(), ids=[name for name, _ in forms()])
def test_every_button_that_sends_is_marked(name, form):
    buttons = re.findall(r"<button\b[^>]*>", form)
    assert buttons
    for button in buttons:
        assert "data-send" in button, f"{name}: {button}"
