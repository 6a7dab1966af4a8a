"""The table as HTML by row functions: templates are twenty times slower at this size.

Texts are escaped a row at a time; class names, ids and labels of columns are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from portfolio.positions.columns import AGE, Column
from portfolio.positions.rows import Row
from portfolio.positions.shown import Shown
from portfolio.positions.table import Table

# Between texts that are escaped together; it occurs in none of them.
_BREAK = "\x1f"
_HEAD = ("Position", "Group, strategy, leg")


def table_html(table: Table) -> SafeString:
    """The whole table `position-table`: sticky heads, rows, pinned totals."""
    columns = table.columns.columns
    lines = [_opening(columns)]
    template = _row_template(columns)
    for row in table.rows.body:
        cells, words = table.cells_of(row)
        lines.append(row_html(row, cells, words, template))
    lines.append('</tbody><tfoot role="rowgroup">')
    if table.rows.total is not None:
        cells, words = table.cells_of(table.rows.total)
        lines.append(row_html(table.rows.total, cells, words, template))
    lines.append("</tfoot></table>")
    return mark_safe("".join(lines))


def _opening(columns: Sequence[Column]) -> str:
    heads = "".join(
        f'<th role="columnheader" scope="col" class="{_head_css(column)}"'
        f' title="{escape(column.tip)}">{column.head}</th>'
        for column in columns
    )
    return (
        '<table role="table" class="table-desk table-fixed table-cards" id="position-table">'
        '<caption class="visually-hidden">Positions, with sums of each group</caption>'
        f'<colgroup><col class="w-name">{"".join(_col(column) for column in columns)}</colgroup>'
        '<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col"'
        f' title="{_HEAD[1]}">{_HEAD[0]}</th>{heads}</tr></thead><tbody role="rowgroup">'
    )


def _col(column: Column) -> str:
    return f'<col class="{column.width}">'


def _head_css(column: Column) -> str:
    return column.width if column.text is not None else f"num {column.width}"


# An age is a time, and no figure with an arithmetic.
_NO_FIGURE = " data-no-figure"


@lru_cache(maxsize=64)
def _row_template(columns: tuple[Column, ...]) -> str:
    """One row with places for its class, its head, and of each cell id, class, attributes, text."""
    cells = "".join(
        f'<td role="cell" id="%s-{column.key}" class="%s"'
        f' data-label="{_literal(column.label)}"{_NO_FIGURE if column is AGE else ""}%s>%s</td>'
        for column in columns
    )
    return f'<tr role="row" class="%s" tabindex="-1">%s{cells}</tr>'


def _literal(text: str) -> str:
    return escape(text).replace("%", "%%")


def row_html(row: Row, cells: Sequence[Shown], words: str, template: str) -> str:
    texts = escape(_BREAK.join([cell.text for cell in cells])).split(_BREAK)
    values = [row.css, _head_html(row, words)]
    key = row.key
    for (_, css, tip, is_figure), text in zip(cells, texts, strict=True):
        mark = _attributes(tip, is_figure) if tip else " data-figure" if is_figure else ""
        values += (key, css, mark, text)
    return template % tuple(values)


@lru_cache(maxsize=4096)
def _attributes(tip: str, is_figure: bool) -> str:
    return f' title="{escape(tip)}"{" data-figure" if is_figure else ""}'


def _head_html(row: Row, words: str) -> str:
    """What the row is called; sums say here what they lack."""
    if row.kind == "total":
        label = "Total"
    elif row.underlying is not None:
        url = _underlying_url(row.underlying.name)
        label = f'<a class="symbol" href="{url}" data-key="Enter">{escape(row.label)}</a>'
    elif row.kind == "account":
        label = f'<span class="symbol">{escape(row.label)}</span>'
    else:
        label = escape(row.label)
    aside = f' <span class="secondary">{escape(row.aside)}</span>' if row.aside else ""
    sums = "" if row.kind == "leg" else _words(row.key, words)
    scope = "row" if row.kind in ("leg", "total") else "rowgroup"
    inner = f"{_pick(row)}{label}{aside}{_badges(row)}{sums}{_act(row)}"
    return f'<th role="rowheader" scope="{scope}">{inner}</th>'


def _pick(row: Row) -> str:
    """The box that chooses a row for what is done with several."""
    if not row.act:
        return ""
    value = row.act.replace("&", "&amp;")
    name = f"Select {escape(row.label)}"
    return (
        '<input type="checkbox" class="pick" form="position-bulk" name="row" data-key="x"'
        f' value="{value}" aria-label="{name}">'
    )


@lru_cache(maxsize=4096)
def _underlying_url(name: str) -> str:
    return escape(reverse("portfolio:underlying", args=[name]))


def _words(key: str, words: str) -> str:
    return f'<span id="{key}-words" class="small secondary words">{escape(words)}</span>'


def _badges(row: Row) -> str:
    if not (row.badges or row.tags or row.note):
        return ""
    found = [
        f' <span class="badge" title="{escape(tip)}">{escape(text)}</span>'
        for text, tip in row.badges
    ]
    found += [f' <span class="badge badge--tag">{escape(tag)}</span>' for tag in row.tags]
    if row.note:
        found.append(f' <span class="badge" title="{escape(row.note)}">note</span>')
    return "".join(found)


def _act(row: Row) -> str:
    """The way to what can be done with a row; a script shows the usual ones beside it."""
    if not row.act:
        return ""
    name = f'<span class="visually-hidden"> Actions of {escape(row.label)}</span>'
    url = f"{_url('position-actions')}?{row.act.replace('&', '&amp;')}"
    words = f"{_url('position-words')}?{row.act.replace('&', '&amp;')}"
    enter = "" if row.underlying is not None else ' data-key="Enter"'
    return (
        f'<a class="act" href="{url}" data-words="{words}"{enter} title="Close, roll and more">⋯'
        f"{name}</a>"
    )


@lru_cache(maxsize=8)
def _url(name: str) -> str:
    return reverse(f"portfolio:{name}")
