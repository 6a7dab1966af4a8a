"""Fragments written by functions: the big tables, where templates are ten times slower.

Everything printed passes through `escape`; class names and ids are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portfolio.live.cells import Cell
from portfolio.pages import AccountRows, GroupRows, LegRow, PositionTable

# Columns from Mark on, as `leg_cells` yields them: id part, words on the phone's card.
LIVE_COLUMNS = (
    ("mark", "Mark"),
    ("open", "P/L open"),
    ("day", "P/L day"),
    ("delta", "Delta"),
    ("gamma", "Gamma"),
    ("theta", "Theta"),
    ("vega", "Vega"),
    ("iv", "IV"),
    ("age", "Age"),
)
SUMMED = ("open", "day", "delta", "gamma", "theta", "vega")
_EMPTY = '<td role="cell"></td>'
HEADERS = (
    ("Position", "", "Account, underlying, leg"),
    ("Qty", "num w-qty", "Signed quantity: + long, − short"),
    ("DTE", "num w-dte", "Calendar days to expiration, by the market's clock"),
    ("Open price", "num w-price", "Average open price, before fees"),
    ("Mark", "num w-price", "Middle of bid and ask; else the last trade; else the broker's mark"),
    ("P/L open", "num w-pl", "Quantity × (mark − open price) × multiplier"),
    ("P/L day", "num w-pl", "Since the previous close, with what was realized today"),
    ("Δ Delta", "num w-greek", "Money per 1.00 of the underlying: quantity × multiplier × delta"),
    ("Γ Gamma", "num w-greek", "Change of delta per 1.00 of the underlying"),
    ("Θ Theta", "num w-greek", "Money per calendar day"),
    ("V Vega", "num w-greek", "Money per volatility point"),
    ("IV", "num w-iv", "Implied volatility by the feed"),
    ("Age", "num w-age", "Since the mark's input arrived · since the Greeks arrived"),
)


def cell_html(cell: Cell, label: str = "") -> str:
    """A live `td`; the label shows on the phone's card only."""
    tip = f' title="{escape(cell.tip)}"' if cell.tip else ""
    mark = f' data-label="{label}"' if label else ""
    mark += " data-figure" if cell.is_figure else ""
    return f'<td role="cell" id="{cell.id}" class="{cell.css}"{tip}{mark}>{escape(cell.text)}</td>'


def _span(cell: Cell) -> str:
    return f'<span id="{cell.id}" class="{cell.css}">{escape(cell.text)}</span>'


def _plain(text: str, css: str, label: str = "") -> str:
    mark = f' data-label="{label}"' if label else ""
    return f'<td role="cell" class="{css}"{mark}>{escape(text)}</td>'


def position_table_html(table: PositionTable) -> SafeString:
    """The whole table `position-table`: sticky heads, rows, pinned totals."""
    heads = "".join(
        f'<th role="columnheader" scope="col" class="{css}" title="{escape(tip)}">{name}</th>'
        for name, css, tip in HEADERS
    )
    body = "".join(line for account in table.accounts for line in account_lines(account))
    foot = (
        '<tr role="row"><th role="rowheader" scope="row" colspan="5">'
        f"Total{_span(table.words)}</th>{_sums(table.totals)}</tr>"
    )
    return mark_safe(
        '<table role="table" class="table-desk table-fixed table-cards" id="position-table">'
        '<caption class="visually-hidden">Positions by account, underlying and leg, with sums'
        f'</caption><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody><tfoot role="rowgroup">{foot}</tfoot></table>'
    )


def account_lines(rows: AccountRows) -> Iterable[str]:
    account = rows.account
    yield (
        '<tr role="row" class="group group--account">'
        '<th role="rowheader" scope="rowgroup" colspan="5">'
        f'{escape(account.name)} <span class="secondary">{escape(account.short_number)}</span>'
        f"{_span(rows.words)}</th>{_sums(rows.totals)}</tr>"
    )
    for group in rows.groups:
        yield from group_lines(group)


def group_lines(rows: GroupRows) -> Iterable[str]:
    """The underlying's row and its legs; held as nothing but itself it is one row."""
    only = rows.rows[0] if len(rows.rows) == 1 else None
    if only is not None and only.leg.symbol == rows.group.underlying:
        yield leg_line(only, "group single")
        return
    yield (
        '<tr role="row" class="group" tabindex="-1">'
        '<th role="rowheader" scope="rowgroup" colspan="2">'
        f'<span class="symbol">{escape(rows.group.underlying)}</span>{_span(rows.words)}'
        f"{_act(f'group={rows.group.key}', rows.group.underlying)}</th>"
        f"{_plain(rows.dte, 'num w-dte secondary', 'DTE')}{_EMPTY}{cell_html(rows.last, 'Last')}"
        f"{_sums(rows.totals)}</tr>"
    )
    for row in rows.rows:
        yield leg_line(row)


def _act(query: str, label: str) -> str:
    """The way to what can be done with a row; a script shows the usual ones beside it."""
    name = f'<span class="visually-hidden"> Actions of {escape(label)}</span>'
    return (
        f'<a class="act" href="{_actions_url()}?{query}" title="Close, roll and more">⋯{name}</a>'
    )


@lru_cache(maxsize=1)
def _actions_url() -> str:
    return reverse("portfolio:position-actions")


def _sums(totals: dict[str, Cell]) -> str:
    """The summed columns; nothing under IV and age."""
    labels = dict(LIVE_COLUMNS)
    return "".join(cell_html(totals[name], labels[name]) for name in SUMMED) + _EMPTY * 2


def leg_line(row: LegRow, css: str = "leg") -> str:
    leg = row.leg
    badges = "".join(
        f' <span class="badge" title="{escape(tip)}">{escape(text)}</span>'
        for text, tip in leg.badges
    )
    closed = " closed" if leg.closed_today else ""
    name = f"{css}{closed}"
    act = "" if leg.closed_today else _act(f"leg={leg.pk}", leg.label)
    live = "".join(
        cell_html(cell, label) for cell, (_, label) in zip(row.cells, LIVE_COLUMNS, strict=True)
    )
    return (
        f'<tr role="row" class="{name}" tabindex="-1"><th role="rowheader" scope="row">'
        f"{escape(leg.label)}{badges}{act}</th>"
        f"{_plain(row.quantity, f'num w-qty {row.quantity_css}', 'Qty')}"
        f"{_plain(row.dte, 'num w-dte', 'DTE')}"
        f"{_plain(row.open_price, 'num w-price', 'Open')}{live}</tr>"
    )
