"""Walking over the figures of pages: which elements show one, and what their drawers say.

The drawer's inputs are worked out here once more, by Python's own arithmetic over what the drawer
shows, not by the code that made the figure.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from portfolio import desk
from portfolio.analytics.arithmetic import FUNCTIONS, Unit
from portfolio.desk import RequestDesk
from portfolio.figures import NoFigure, explain, show
from portfolio.figures.drawer import drawer_of

_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
}  # fmt: skip


@dataclass
class Element:
    """One element of a page: its attributes, its text, and whether a figure is around it."""

    tag: str
    attributes: dict[str, str | None]
    parents: tuple[Element, ...]
    text: str = ""
    holds_figure: bool = False

    @property
    def classes(self) -> set[str]:
        return set((self.attributes.get("class") or "").split())

    @property
    def reference(self) -> str | None:
        if "data-figure" not in self.attributes:
            return None
        return self.attributes["data-figure"] or self.attributes.get("id") or ""

    @property
    def is_frame(self) -> bool:
        """Whether it stands in the top bar of every page."""
        return (self.reference or "").startswith("top-")

    @property
    def query(self) -> str:
        for element in (self, *reversed(self.parents)):
            if held := element.attributes.get("data-figure-query"):
                return held
        return ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.all: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), tuple(self.open))
        self.all.append(element)
        if element.reference is not None:
            for parent in self.open:
                parent.holds_figure = True
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def elements(html: str) -> list[Element]:
    reader = _Reader()
    reader.feed(html)
    return reader.all


def figures(html: str) -> list[Element]:
    """Every element that says it shows a figure, within the page's own content and its frame."""
    return [item for item in elements(html) if item.reference is not None and item.text.strip()]


def unmarked(html: str) -> list[str]:
    """Texts with a digit in an element of class `num` or `figure` that no figure mark covers."""
    found = []
    for item in elements(html):
        if not item.classes & {"num", "figure"} or not re.search(r"\d", item.text):
            continue
        if item.tag == "th" or "data-no-figure" in item.attributes:
            continue
        marked = item.holds_figure or any(
            one.reference is not None for one in (item, *item.parents)
        )
        if not marked:
            found.append(f"<{item.tag} {item.attributes}> {item.text.strip()}")
    return found


@dataclass(frozen=True)
class Drawer:
    """What a drawer shows."""

    shown: str
    unit: Unit
    expression: str
    inputs: dict[str, Decimal | float | None]
    terms: tuple[Decimal | float | None, ...]
    has_terms: bool
    tick: Decimal | None

    def again(self) -> Decimal | float | None:
        """The figure, from the inputs that are shown."""
        if self.expression:
            return _evaluated(self.expression, self.inputs)
        if self.has_terms:
            known = [value for value in self.terms if value is not None]
            return _added(known) if known else None
        return next(iter(self.inputs.values()), None)


def drawer(web: Client, reference: str, query: str = "") -> Drawer | None:
    """A figure's drawer, asked for as the page's script does; None when there is none."""
    address = f"{reverse('portfolio:figure')}?ref={reference}&{query}"
    answer = web.get(address)
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, (reference, answer.status_code)
    return read(answer.content.decode())


def read(html: str) -> Drawer:
    found = elements(html)
    article = next(item for item in found if "data-arithmetic" in item.attributes)
    value = next(item for item in found if "data-shown" in item.attributes)
    inputs = [item for item in found if "data-input" in item.attributes]
    terms = [item for item in found if "data-term" in item.attributes]
    unit = Unit[str(article.attributes["data-unit"])]
    return Drawer(
        shown=value.text.replace(unit.value, "").strip(),
        unit=unit,
        expression=article.attributes["data-expression"] or "",
        inputs={str(item.attributes["data-input"]): _number(item) for item in inputs},
        terms=tuple(_number(item) for item in terms),
        has_terms=bool(terms),
        tick=Decimal(text) if (text := article.attributes["data-tick"]) else None,
    )


def _number(item: Element) -> Decimal | float | None:
    text = item.attributes["data-value"] or ""
    if not text:
        return None
    # Floats are written by repr and hold a point and up to 17 digits; decimals stay as they are.
    return Decimal(text)


def _added(values: list[Decimal | float]) -> Decimal:
    return sum((Decimal(value) for value in values), Decimal(0))


def _evaluated(
    expression: str, inputs: dict[str, Decimal | float | None]
) -> Decimal | float | None:
    names = set(re.findall(r"[A-Za-z_]\w*", expression)) - set(FUNCTIONS)
    values = {name: inputs[name] for name in names}
    if any(value is None for value in values.values()):
        return None
    if any(word in expression for word in FUNCTIONS if word not in ("abs", "min", "max")):
        values = {name: float(value) for name, value in values.items() if value is not None}
    tools = {"abs": abs, "min": min, "max": max, "sqrt": math.sqrt, "ln": math.log}
    rest = {name: function for name, function in FUNCTIONS.items() if name not in tools}
    tools |= {"exp": math.exp, "N": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2}
    scope = {"__builtins__": {}, "Decimal": Decimal, **rest, **tools, **values}
    if all(isinstance(value, Decimal) for value in values.values()):
        expression = re.sub(r"(?<![\w.])(\d+\.?\d*)", r"Decimal('\1')", expression)
    result = eval(expression, scope)
    return result if isinstance(result, Decimal | float) else Decimal(result)


def stand_still(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let every request of a test see one instant: what the model says moves with the clock."""
    now = time.time()
    monkeypatch.setattr(desk, "time", SimpleNamespace(time=lambda: now))
    return now


class Drawers:
    """Drawers of one page, all seen from one desk: what a person who opens them at once gets.

    ``query`` is the page's own, merged with that of the figure, as the page's script does.
    """

    def __init__(self, user: Any, path: str) -> None:
        self.user = user
        self.page = urlsplit(path).query
        self.desks: dict[str, RequestDesk] = {}

    def desk(self, query: str) -> RequestDesk:
        if query not in self.desks:
            values = dict(parse_qs(self.page)) | dict(parse_qs(query))
            request = RequestFactory().get(reverse("portfolio:figure"), values)
            request.user, request.session = self.user, SessionStore()
            request.resolver_match = resolve(reverse("portfolio:figure"))
            self.desks[query] = RequestDesk(request)
        return self.desks[query]

    def open(self, reference: str, query: str) -> Drawer | None:
        desk = self.desk(query)
        try:
            found = explain(desk, reference, desk.request.GET)
        except NoFigure:
            return None
        shown = drawer_of(reference, found, desk.now, at=datetime.now(UTC))
        return read(render_to_string("portfolio/_figure.html", {"figure": shown}))


def all_wrong(user: Any, path: str, html: str) -> Iterator[str]:
    """What does not hold among a page's figures, each in words; without a request for each."""
    drawers = Drawers(user, path)
    for item in figures(html):
        yield from _problems(item, drawers.open(item.reference or "", item.query))


def without_marks(html: str) -> str:
    """A page to be searched in: running text without the marks around its figures."""
    return re.sub(r'<span data-figure="[^"]*">([^<]*)</span>', r"\1", html)


def bare(text: str) -> str:
    """A figure's text without what only aligns or labels it."""
    return re.sub(r"[\s\u2007]|used$", "", text)


def wrong(web: Client, html: str) -> Iterator[str]:
    """What does not hold among a page's figures, each in words."""
    for item in figures(html):
        yield from _problems(item, drawer(web, item.reference or "", item.query))


def _problems(item: Element, opened: Drawer | None) -> Iterator[str]:
    if opened is None:
        yield f"{item.reference}: no drawer"
        return
    text = bare(item.text)
    if bare(opened.shown) != text:
        yield f"{item.reference}: the page shows {text}, its drawer {opened.shown}"
    again = show(opened.again(), opened.unit, opened.tick)
    if bare(again) != text:
        yield f"{item.reference}: shown {text}, its inputs come to {again}"
