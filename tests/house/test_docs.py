"""The documents name things that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_documents_are_there() -> None:
    names = {str(path.relative_to(ROOT)) for path in DOCS}
    assert names >= {
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md",
        "docs/operations.md", "docs/order-outcomes.md", "docs/simulator.md", "docs/threat-model.md",
    }  # fmt: skip


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text()):
        if not target.startswith(("http", "mailto:")):
            assert (document.parent / target).exists(), target


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCS:
        named = re.findall(r"(?:`|^    )make ([a-z-]+)", document.read_text(), re.MULTILINE)
        assert set(named) <= targets, document.name


def test_management_commands_that_are_named_exist() -> None:
    ours = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    ours |= {"createsuperuser", "migrate"}
    for document in DOCS:
        named = re.findall(r"manage\.py ([a-z_]+)", document.read_text())
        assert set(named) <= ours, document.name


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    index = (folder / "README.md").read_text()
    assert all(f"({name})" in index for name in files)
