"""The contract that guards our walls breaks where a wall is crossed."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph

from tests.import_contracts import OnlyContract

ROOTS = ["brokerage", "portfolio"]


def broken(allowed: list[str], *imports: tuple[str, str]) -> list[dict[str, Any]]:
    graph = ImportGraph()
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="")
    options = {"source": "portfolio", "allowed": allowed}
    check = OnlyContract("walls", {"root_packages": ROOTS}, options).check(graph, verbose=False)
    assert check.kept == (not check.metadata["broken"])
    return list(check.metadata["broken"])


def test_what_is_not_allowed_is_found_with_its_line() -> None:
    found = broken(["brokerage.access"], ("portfolio.views", "brokerage.sync.runs"))
    assert [(line["importer"], line["imported"]) for line in found] == [
        ("portfolio.views", "brokerage.sync.runs")
    ]


def test_allowed_packages_themselves_and_third_parties_are_free() -> None:
    assert not broken(
        ["brokerage.access"],
        ("portfolio.views", "brokerage.access.doors"),
        ("portfolio.views", "portfolio.forms"),
        ("portfolio.views", "django"),
    )


def test_a_name_that_only_begins_alike_is_not_the_package() -> None:
    assert broken(["brokerage.access"], ("portfolio.views", "brokerage.access_log"))
    assert not broken([], ("portfolio_tools", "brokerage.sync"))
