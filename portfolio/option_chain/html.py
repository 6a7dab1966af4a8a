"""The table of a chain, written by a function: a hundred strikes are too many for a template.

Everything printed passes through `escape`; class names and ids are ours. Prices are the buttons
of the page's form, so that a leg can be picked without a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portfolio.live.cells import Cell
from portfolio.option_chain.cells import COLUMNS
from portfolio.option_chain.facts import Contract
from portfolio.option_chain.marks import Mark
from portfolio.option_chain.shown import ShownRow

HEADS = {
    "oi": ("OI", "Open interest", "c-oi"),
    "vol": ("Vol", "Contracts traded today", "c-vol"),
    "iv": ("IV", "Implied volatility by the feed", "c-iv"),
    "delta": ("Δ", "Delta", "c-delta"),
    "bid": ("Bid", "Click a bid to sell", "c-price"),
    "ask": ("Ask", "Click an ask to buy", "c-price"),
}
PICKS = {"bid": "sell", "ask": "buy"}
SIDES = (("c", "call"), ("p", "put"))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One strike: its shown row, its contracts, chips and picked ratios by side (c, p)."""

    shown: ShownRow
    contracts: Mapping[str, Contract | None]
    chips: Mapping[str, Sequence[Mark]]
    picked: Mapping[str, int]


def chain_table_html(rows: Iterable[TableRow], cells: Mapping[str, Cell], title: str) -> SafeString:
    """The whole table `chain-table`, strikes ascending downwards."""
    body = "".join(_row(row, cells) for row in rows)
    return mark_safe(
        '<table role="table" class="table-desk chain-table" id="chain-table">'
        f'<caption class="visually-hidden">{escape(title)}</caption>'
        f"{_head()}<tbody>{body}</tbody></table>"
    )


def _head() -> str:
    calls = "".join(_head_cell("c", "call", name) for name in COLUMNS)
    puts = "".join(_head_cell("p", "put", name) for name in _mirrored())
    mark = '<th class="c-mark"><span class="visually-hidden">Held and working</span></th>'
    strike = f'{mark}<th scope="col" class="c-strike">Strike</th>{mark}'
    return f"<thead><tr>{calls}{strike}{puts}</tr></thead>"


def _mirrored() -> list[str]:
    """The puts' columns: prices beside the strike, the rest outwards."""
    return ["bid", "ask", *[name for name in reversed(COLUMNS) if name not in PICKS]]


def _head_cell(side: str, word: str, name: str) -> str:
    text, tip, css = HEADS[name]
    if name not in PICKS:
        told = f'<span class="visually-hidden"> of the {word}</span>'
        return f'<th scope="col" class="num {css}" title="{tip}">{text}{told}</th>'
    verb = PICKS[name].title()
    return (
        f'<th scope="col" class="num {css}" title="{tip}">{text}'
        f'<span class="visually-hidden" id="h-{side}-{name}">{verb} {word} at the {name}</span>'
        "</th>"
    )


def _row(row: TableRow, cells: Mapping[str, Cell]) -> str:
    name = row.shown.name
    strike = cells[f"{name}-k"]
    return (
        f'<tr data-strike="{strike.text}">{_side(row, cells, "c", COLUMNS)}'
        f"{_marks(row.chips['c'])}"
        f'<th scope="row" id="{strike.id}" class="{strike.css}">{escape(strike.text)}</th>'
        f"{_marks(row.chips['p'])}{_side(row, cells, 'p', _mirrored())}</tr>"
    )


def _side(row: TableRow, cells: Mapping[str, Cell], side: str, names: Iterable[str]) -> str:
    return "".join(
        _price(row, cells, side, name)
        if name in PICKS
        else _figure(cells[f"{row.shown.name}-{side}-{name}"], side)
        for name in names
    )


def _figure(cell: Cell, side: str) -> str:
    # Column and side are classes of the cell's own; the socket writes both with each patch.
    return (
        f'<td id="{cell.id}" class="{cell.css}" data-side="{side}" data-figure>'
        f"{escape(cell.text)}</td>"
    )


def _price(row: TableRow, cells: Mapping[str, Cell], side: str, name: str) -> str:
    """A price as the button that picks the leg; = on it opens its arithmetic."""
    cell, contract = cells[f"{row.shown.name}-{side}-{name}"], row.contracts[side]
    if contract is None:
        return f'<td class="c-price num missing" data-side="{side}"></td>'
    ratio = row.picked.get(side, 0)
    is_side = ratio < 0 if name == "bid" else ratio > 0
    picked = f' data-picked="{ratio:+d}"' if is_side else ""
    return (
        f'<td class="c-price" data-side="{side}" data-figure="{cell.id}">'
        f'<button type="submit" form="chain-form" name="do"'
        f' value="{PICKS[name]}:{escape(contract.symbol)}" id="{cell.id}" class="{cell.css}"'
        f' data-pick="{PICKS[name]}" data-contract="{escape(contract.symbol)}"{picked}'
        f' aria-labelledby="h-{side}-{name} {row.shown.name}-k {cell.id}">'
        f"{escape(cell.text)}</button></td>"
    )


def _marks(chips: Sequence[Mark]) -> str:
    return f'<td class="c-mark">{"".join(_chip(chip) for chip in chips)}</td>'


def _chip(chip: Mark) -> str:
    tip = escape(chip.tip)
    inside = f'{escape(chip.text)}<span class="visually-hidden"> {tip}</span>'
    tag, link = ("a", f' href="{escape(chip.url)}"') if chip.url else ("span", "")
    return f'<{tag} class="{chip.css}"{link} title="{tip}">{inside}</{tag}>'
