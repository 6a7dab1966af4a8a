"""Small helpers of the ticket's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portfolio import formats
from portfolio.live.cells import Cell
from portfolio.templatetags.desk import figure
from portfolio.templatetags.desk import icon as icon_html

register = template.Library()


@register.filter
def cell(cells: Mapping[str, Cell], name: str) -> Cell:
    """The live cell of this name; an unknown figure where there is none yet."""
    return cells.get(name) or Cell(name, formats.UNKNOWN, "missing")


@register.filter
def item(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name; an empty text where there is none."""
    return values.get(name, "")


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.simple_tag
def ticket_redraw() -> SafeString:
    """Attributes of a region in which a changed field redraws the ticket."""
    return format_html(
        'hx-post="{}" hx-trigger="change" hx-include="#ticket-form" hx-target="#ticket" '
        'hx-swap="outerHTML" hx-sync="#ticket:replace"',
        reverse("portfolio:ticket"),
    )


@register.simple_tag(takes_context=True)
def live_also(context: Mapping[str, Any]) -> SafeString | str:
    """In the drawer: what the page watches for the ticket beside its own figures."""
    if not context.get("drawer"):
        return ""
    args = context["page"].live_json
    return format_html(' data-live-also="ticket" data-live-also-args="{}"', args)


@register.simple_tag(takes_context=True)
def ticket_into(context: Mapping[str, Any], name: str, method: str = "post") -> SafeString | str:
    """Attributes that lead an answer into the drawer, where the ticket stands in one."""
    if not context.get("drawer"):
        return ""
    return format_html(
        ' hx-{}="{}" hx-target="#drawer" hx-swap="innerHTML show:top" hx-sync="#drawer:replace"',
        method,
        reverse(name),
    )


@register.simple_tag
def ticket_button(
    do: str,
    text: str,
    *,
    part: str = "",
    number: int | None = None,
    icon: str = "",
    cell: Cell | None = None,
    quiet: bool = False,
    label: str = "",
    title: str = "",
    note: str = "",
    css: str = "btn btn--small",
    skip: bool | str = False,
) -> SafeString:
    """A button that changes the ticket, with a script or without.

    `part` names the order that it is about, `number` which leg, order or condition; `cell` is a
    live figure and `note` a quiet word behind the text; `skip` leaves it out of the tab order,
    where a script reaches it by arrow keys.
    """
    value = do if number is None else f"{do}-{number}"
    names = {"aria-label": label, "title": title, "tabindex": "-1" if skip else ""}
    extra = [format_html(' {}="{}"', name, words) for name, words in names.items() if words]
    parts = [icon_html(icon, "small") if icon else "", " " if icon else "", text]
    parts += [" ", figure(cell)] if cell is not None else []
    parts += [format_html(' <span class="secondary small">{}</span>', note)] if note else []
    url = reverse("portfolio:ticket")
    return format_html(
        '<button class="{}" type="submit" name="do" value="{}" formaction="{}" hx-post="{}" '
        'hx-trigger="click" hx-target="#ticket" hx-swap="outerHTML" hx-sync="#ticket:replace"{}>'
        "{}</button>",
        f"{css} btn--quiet" if quiet else css,
        f"{value}@{part}" if part else value,
        url,
        url,
        format_html_join("", "{}", ((one,) for one in extra)),
        format_html_join("", "{}", ((one,) for one in parts)),
    )
