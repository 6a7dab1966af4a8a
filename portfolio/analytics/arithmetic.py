"""The arithmetic of a figure: its formula, its inputs, and a line that anybody can work out again.

A formula is an expression over the names of its inputs, in the notation of the glossary. The value
beside it is what the function that made the figure returned; `evaluate` works the expression out on
its own, so that a formula which says something else than the code is found.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from portfolio.analytics.pricing import american, european
from portfolio.analytics.pricing.normal import cdf

Number = Decimal | float | int


class Unit(Enum):
    """How a value is written; the words of the unit are for people."""

    MONEY = "account currency"
    SIGNED = "account currency, gain or loss"
    SHORT = "account currency, gain or loss, whole from 100 on"
    PRICE = "price of one unit"
    GREEK = "position Greek"
    PERCENT = "per cent"
    PERCENT_FINE = "per cent, one decimal"
    PERCENT_FINER = "per cent, two decimals"
    PERCENT_SIGNED = "per cent, change"
    VOLATILITY = "per cent a year"
    QUANTITY = "units or contracts"
    DAYS = "calendar days"
    DTE = "days to expiration"
    WHOLE_DAYS = "days, whole"
    NET = "net price of one unit, credit or debit"
    NET_AVERAGE = "net price of one unit, to four decimals"
    UNITS = "units or contracts, without a sign"
    COUNT_SHORT = "count, in millions from a million on"
    DELTA = "delta of one unit"
    MOVE = "price of the underlying, to either side"
    SPAN = "position Greek, to either side"
    LEVEL = "price of the underlying, to the cent"
    VOLUME = "units or contracts traded"
    PRICE_GAP = "price of one unit, difference"
    EXACT = "account currency, every decimal"
    MILLISECONDS = "milliseconds"
    RANK = "0 to 100"
    COUNT = "count"
    NUMBER = "number"


class BadFormula(ValueError):
    """An expression that cannot be worked out: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input: ``name`` as the formula writes it, ``source`` who says so, ``at`` when it came
    (epoch seconds of local receipt, or None for what has no age)."""

    name: str
    words: str
    value: Number | None
    source: str = ""
    at: float | None = None
    unit: Unit = Unit.NUMBER


@dataclass(frozen=True, slots=True)
class Worked:
    """A figure and how it came about.

    Either ``expression`` over ``inputs``, or the sum of ``terms`` (those that have a value), or
    neither: then the figure is somebody's statement, its only input. ``ref`` finds a term's own
    arithmetic. ``marks`` are words on its truth: "stale since 15:59", "by the model".
    """

    title: str
    value: Number | None
    unit: Unit
    expression: str = ""
    inputs: tuple[Input, ...] = ()
    terms: tuple[Worked, ...] = ()
    note: str = ""
    ref: str = ""
    marks: tuple[str, ...] = field(default=())
    # The step of a price, where its writing follows it: exchanges write some prices in 32nds.
    tick: Decimal | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not known of it: inputs without a value, terms without one."""
        lacking = [item.words for item in self.inputs if item.value is None]
        return tuple(lacking + [term.title for term in self.terms if term.value is None])

    def again(self) -> Number | None:
        """The value worked out anew from what is shown; None where an input is missing.

        Raises BadFormula for an expression that is none.
        """
        if self.expression:
            return evaluate(self.expression, {item.name: item.value for item in self.inputs})
        if self.terms:
            known = [term.value for term in self.terms if term.value is not None]
            return _sum(known) if known else None
        return self.inputs[0].value if self.inputs else self.value


def worked(
    title: str,
    expression: str,
    inputs: list[Input] | tuple[Input, ...],
    value: Number | None,
    unit: Unit,
    *,
    note: str = "",
    ref: str = "",
    marks: tuple[str, ...] = (),
) -> Worked:
    """A figure by a formula."""
    return Worked(title, value, unit, expression, tuple(inputs), (), note, ref, marks)


def given(
    title: str,
    value: Number | None,
    unit: Unit,
    source: str,
    at: float | None = None,
    *,
    note: str = "",
    ref: str = "",
    marks: tuple[str, ...] = (),
    tick: Decimal | None = None,
) -> Worked:
    """A figure that somebody states: the broker, the feed, the person."""
    inputs = (Input("x", title, value, source, at, unit),)
    return Worked(title, value, unit, "", inputs, (), note, ref, marks, tick)


def added(
    title: str,
    terms: list[Worked] | tuple[Worked, ...],
    value: Number | None,
    unit: Unit,
    *,
    note: str = "",
    ref: str = "",
    marks: tuple[str, ...] = (),
) -> Worked:
    """A sum of figures; terms without a value are left out and said so."""
    return Worked(title, value, unit, "", (), tuple(terms), note, ref, marks)


def _sum(values: list[Number]) -> Number:
    if any(isinstance(value, float) for value in values):
        return math.fsum(float(value) for value in values)
    return sum((Decimal(value) for value in values), Decimal(0))


# --- Working out -------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _american(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    rate: float,
    carry: float,
    is_call: float,
) -> float:
    return float(american.prices(spot, strike, years, volatility, rate, carry, is_call > 0))


def _european(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    rate: float,
    carry: float,
    is_call: float,
) -> float:
    return float(european.prices(spot, strike, years, volatility, rate, carry, is_call > 0))


FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": lambda x: math.sqrt(x),
    "ln": lambda x: math.log(x),
    "exp": lambda x: math.exp(x),
    "N": lambda x: float(cdf(float(x))),
    "american": _american,
    "european": _european,
}


def evaluate(expression: str, values: Mapping[str, Number | None]) -> Number | None:
    """The value of an expression over named inputs; exact as long as all of them are.

    None as soon as one of its inputs is. Raises BadFormula for anything but sums, products,
    quotients, powers, the known functions and the given names.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError as problem:
        raise BadFormula(f"{expression!r}: {problem.msg}") from problem
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - set(FUNCTIONS)
    if unknown := names - set(values):
        raise BadFormula(f"{expression!r} names {', '.join(sorted(unknown))}, which is no input")
    used = {name: values[name] for name in names}
    if any(value is None for value in used.values()):
        return None
    if any(isinstance(value, float) for value in used.values()):
        used = {name: float(value) for name, value in used.items() if value is not None}
    return _value(tree, {name: value for name, value in used.items() if value is not None})


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        exact = all(not isinstance(value, float) for value in values.values())
        return Decimal(str(node.value)) if exact and values else node.value
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, values)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, values), _value(node.right, values)
        if isinstance(left, float) or isinstance(right, float):
            left, right = float(left), float(right)
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = FUNCTIONS.get(node.func.id)
        if function is not None:
            return function(*(_value(argument, values) for argument in node.args))
    raise BadFormula(f"{ast.unparse(node)!r} is no arithmetic")


# --- Writing down ------------------------------------------------------------------------------

_SIGNS = (("**", "^"), ("*", " × "), ("/", " ÷ "), ("-", " − "), ("+", " + "))


def written(expression: str) -> str:
    """`q*(m-p)*M` → `q × (m − p) × M`."""
    text = expression.replace(" ", "")
    for sign, shown in _SIGNS:
        text = text.replace(sign, shown)
    text = text.replace(",", ", ").replace("( − ", "(−").replace(",  − ", ", −")
    return f"−{text[3:]}" if text.startswith(" − ") else text


def substituted(expression: str, texts: Mapping[str, str]) -> str:
    """The formula with its inputs' texts in place of their names."""
    tree = ast.parse(expression, mode="eval")
    return written(ast.unparse(_Named(texts).visit(tree))).translate(_BACK)


# Texts stand in as identifiers made of private characters: their own signs stay as they are.
_FORTH = {ord(sign): 0xE000 + place for place, sign in enumerate("-−+,/* (")}
_BACK = {value: chr(key) for key, value in _FORTH.items()}


class _Named(ast.NodeTransformer):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.Name:
        text = self.texts.get(node.id, node.id)
        shown = f"({text})" if text[:1] in "−-+" else text
        return ast.Name(id=shown.translate(_FORTH), ctx=node.ctx)
