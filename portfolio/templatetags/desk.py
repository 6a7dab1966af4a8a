"""Figures, icons and fields in templates; the words are those of portfolio.formats."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portfolio import formats
from portfolio.figures.marked import marked_html
from portfolio.fragments import cell_html, figure_mark
from portfolio.icons import PATHS

register = template.Library()

for _name in (
    "money", "signed_money", "price", "quantity", "percent", "signed_percent", "volatility",
    "greek", "age", "market_time", "market_datetime", "short_date", "symbol_label", "tone",
    "structure_price", "structure_net", "trimmed",
):  # fmt: skip
    register.filter(_name, getattr(formats, _name))
register.filter("marked", marked_html)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """One of our line icons; decorative, so hidden from readers."""
    extra = f" icon--{size}" if size else ""
    return mark_safe(
        f'<svg class="icon{extra}" viewBox="0 0 20 20" stroke-width="1.5" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true" focusable="false">{PATHS[name]}</svg>'
    )


@register.simple_tag
def figure(cell: Any, tag: str = "span") -> SafeString:
    """A live figure: the element that the socket patches by its id."""
    return format_html(
        '<{} id="{}" class="{}" title="{}"{}>{}</{}>',
        tag, cell.id, cell.css, cell.tip, mark_safe(figure_mark(cell)), cell.text, tag,
    )  # fmt: skip


@register.simple_tag
def cell(value: Any, label: str = "") -> SafeString:
    """A live table cell, as the row functions write it."""
    return mark_safe(cell_html(value, label))


@register.inclusion_tag("_field.html")
def field(bound: Any, help: str = "") -> dict[str, Any]:
    """A labelled form field with help and errors tied to it for readers."""
    name = bound.auto_id or bound.html_name
    described = [f"{name}_help"] if (help or bound.help_text) else []
    described += [f"{name}_error"] if bound.errors else []
    attrs: dict[str, str] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": bound,
        "name": name,
        "widget": bound.as_widget(attrs=attrs),
        "help": help or bound.help_text,
        "checkbox": getattr(bound.field.widget, "input_type", "") == "checkbox",
    }


@register.filter
def environment_words(name: str) -> str:
    """The environment as the frame says it."""
    return {
        "production": "Production",
        "sandbox": "Sandbox",
        "simulator": "Simulator",
    }.get(name, name)
