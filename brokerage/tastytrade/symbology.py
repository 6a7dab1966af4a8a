"""Symbols: the broker's own, which are identity, and the streamer's, which only subscribe.

Take a streamer symbol from the API where it gives one; derive it here as a fallback. Nothing is
trimmed, raised to upper case or collapsed: blanks inside a symbol carry meaning.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokerage.tastytrade.enums import InstrumentType

MONTHS = "FGHJKMNQUVXZ"
_MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

# What `detect_type` names beside the instrument types.
PRODUCT_ROOT = "Future Product"
STREAMER_OPTION = "Streamer Option"

_OCC = re.compile(r"(?P<root>[A-Z0-9]{1,6}) *(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d{8})", re.ASCII)
_STREAMER_OPTION = re.compile(
    r"\.(?P<root>[A-Z0-9]+?)(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(?:\.\d+)?)", re.ASCII
)
_FUTURE = re.compile(
    rf"/(?P<code>[0-9A-Z]{{1,4}}?)(?P<month>[{MONTHS}])(?P<year>\d{{1,2}})", re.ASCII
)
_FUTURE_OPTION = re.compile(
    r"\.(?P<future>/.{5})(?P<contract>.{6})(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(?:\.\d+)?)",
    re.ASCII,
)
# Blanks collapsed on their way through a page, or a future too long for its column.
_LOOSE_FUTURE_OPTION = re.compile(
    r"\.(?P<future>/\S+)\s+(?P<contract>\S+)\s*(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(?:\.\d+)?)",
    re.ASCII,
)
_CONTRACT = re.compile(
    rf"(?P<root>[0-9A-Z]{{1,5}})(?P<month>[{MONTHS}])(?P<year>\d{{1,2}})", re.ASCII
)
_CRYPTO = re.compile(r"[A-Z0-9]{2,6}/USD", re.ASCII)
_EQUITY = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:/[A-Z]{1,2})?", re.ASCII)
_CLASS_SUFFIX = re.compile(r"[.\- ]([A-Z])$")


class SymbolError(ValueError):
    """Text that is no symbol of the kind asked for."""


def _date(ymd: str) -> date:
    try:
        return date(2000 + int(ymd[:2]), int(ymd[2:4]), int(ymd[4:]))
    except ValueError:
        raise SymbolError(f"no calendar date: {ymd}") from None


def strike_text(strike: Decimal) -> str:
    """A strike without trailing zeros and without an exponent: 72.5, 150."""
    return format(strike.normalize(), "f")


# --- equities ---


def is_equity(text: str) -> bool:
    """A ticker as the broker writes it, share classes with a slash."""
    return _EQUITY.fullmatch(text) is not None


def normalise_equity(text: str, known: Container[str] = ()) -> str:
    """What a person typed as a ticker: `brk.b` is BRK/B, unless that is a ticker of its own."""
    ticker = text.strip().upper()
    return ticker if ticker in known else _CLASS_SUFFIX.sub(r"/\1", ticker)


# --- equity options ---


@dataclass(frozen=True, slots=True)
class OptionSymbol:
    """An equity or index option. `root` is not always the underlying."""

    root: str
    expiration: date
    option_type: str
    strike: Decimal

    @property
    def symbol(self) -> str:
        """The 21 characters of the OCC; raises SymbolError where they do not suffice."""
        thousandths = self.strike * 1000
        if thousandths != thousandths.to_integral_value() or not 0 <= thousandths < 10**8:
            raise SymbolError(f"no strike of an option: {self.strike}")
        if not 1 <= len(self.root) <= 6 or self.option_type not in ("C", "P"):
            raise SymbolError("no root or no option type")
        return f"{self.root:<6}{self.expiration:%y%m%d}{self.option_type}{int(thousandths):08d}"

    @property
    def streamer_symbol(self) -> str:
        """By root, not by underlying."""
        strike = strike_text(self.strike)
        return f".{self.root}{self.expiration:%y%m%d}{self.option_type}{strike}"


def parse_option(occ: str) -> OptionSymbol:
    """The parts of a 21-character OCC symbol; raises SymbolError."""
    found = _OCC.fullmatch(occ) if len(occ) == 21 else None
    if found is None:
        raise SymbolError(f"not an option symbol: {occ!r}")
    strike = Decimal(int(found["k"])) / 1000
    return OptionSymbol(found["root"], _date(found["ymd"]), found["cp"], strike)


def option_symbol(root: str, expiration: date, option_type: str, strike: Decimal) -> str:
    """The OCC symbol of its parts; raises SymbolError."""
    return OptionSymbol(root, expiration, option_type, strike).symbol


def option_to_streamer(occ: str) -> str:
    return parse_option(occ).streamer_symbol


def parse_streamer_option(streamer: str) -> OptionSymbol:
    """The parts of `.XYZ1260417C40`: an adjusted root may end in a digit."""
    found = _STREAMER_OPTION.fullmatch(streamer)
    if found is None:
        raise SymbolError(f"not a streamer symbol of an option: {streamer!r}")
    return OptionSymbol(found["root"], _date(found["ymd"]), found["cp"], Decimal(found["k"]))


def streamer_to_option(streamer: str) -> str:
    return parse_streamer_option(streamer).symbol


# --- futures ---


def resolve_year(digits: str, reference: date) -> int:
    """The year of a contract: two digits speak for themselves, one means the nearest such year
    from one before to eight after the reference.
    """
    if len(digits) == 2:
        return 2000 + int(digits)
    first = reference.year - 1
    return first + (int(digits) - first) % 10


@dataclass(frozen=True, slots=True)
class FutureSymbol:
    """`product_code` without its slash; `year` in the digits as written."""

    product_code: str
    month_letter: str
    year: str

    @property
    def symbol(self) -> str:
        return f"/{self.product_code}{self.month_letter}{self.year}"

    @property
    def root(self) -> str:
        """The product root, `/ES`."""
        return f"/{self.product_code}"

    @property
    def month(self) -> int:
        return MONTHS.index(self.month_letter) + 1

    def full_year(self, reference: date) -> int:
        return resolve_year(self.year, reference)


def parse_future(text: str) -> FutureSymbol:
    """The parts of `/ESM6` or `/ESM26`; raises SymbolError, for a product root too."""
    found = _FUTURE.fullmatch(text)
    if found is None:
        raise SymbolError(f"not a future symbol: {text!r}")
    return FutureSymbol(found["code"], found["month"], found["year"])


def canonical_future(text: str, reference: date | None = None) -> str:
    """The broker's spelling with a one-digit year. With a reference, two digits stay where one
    would mean another year.
    """
    future = parse_future(text)
    short = future.year[-1]
    if reference is not None and resolve_year(short, reference) != future.full_year(reference):
        return future.symbol
    return f"/{future.product_code}{future.month_letter}{short}"


def future_to_streamer(symbol: str, exchange_code: str, reference: date) -> str:
    """`/ESM26:XCME`. `exchange_code` is the streamer's, from the instrument or its product;
    `reference` is a date near the contract's life (its expiration where known).
    """
    future = parse_future(symbol)
    year = future.full_year(reference) % 100
    return f"/{future.product_code}{future.month_letter}{year:02d}:{exchange_code}"


# --- future options ---


@dataclass(frozen=True, slots=True)
class FutureOptionSymbol:
    """`future` with its slash, `contract` such as EW2J6, whose month is not the future's."""

    future: str
    contract: str
    expiration: date
    option_type: str
    strike: Decimal

    @property
    def option_root(self) -> str:
        return _contract(self.contract)["root"]

    @property
    def symbol(self) -> str:
        """Fixed columns of six for future and contract."""
        columns = f".{self.future:<6}{self.contract:<6}{self.expiration:%y%m%d}"
        if len(self.future) > 6:
            columns = f".{self.future} {self.contract:<6}{self.expiration:%y%m%d}"
        return f"{columns}{self.option_type}{strike_text(self.strike)}"


def _contract(text: str) -> re.Match[str]:
    found = _CONTRACT.fullmatch(text)
    if found is None:
        raise SymbolError(f"not an option contract: {text!r}")
    return found


def parse_future_option(text: str) -> FutureOptionSymbol:
    """The parts, by column and not by blank; collapsed blanks are forgiven. Raises SymbolError."""
    for pattern in (_FUTURE_OPTION, _LOOSE_FUTURE_OPTION):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        future, contract = found["future"].rstrip(), found["contract"].strip()
        if _FUTURE.fullmatch(future) and _CONTRACT.fullmatch(contract):
            strike = Decimal(found["k"])
            return FutureOptionSymbol(future, contract, _date(found["ymd"]), found["cp"], strike)
    raise SymbolError(f"not a future option symbol: {text!r}")


def future_option_to_streamer(symbol: str, exchange_code: str) -> str:
    """`./EW2J26P5400:XCME`: neither the future nor the day is in it, so there is no way back."""
    option = parse_future_option(symbol)
    contract = _contract(option.contract)
    year = resolve_year(contract["year"], option.expiration) % 100
    head = f"./{contract['root']}{contract['month']}{year:02d}"
    return f"{head}{option.option_type}{strike_text(option.strike)}:{exchange_code}"


# --- any symbol ---


def detect_type(text: str) -> str:
    """The instrument type that a bare symbol looks like, PRODUCT_ROOT or STREAMER_OPTION."""
    if text.startswith("./"):
        return InstrumentType.FUTURE_OPTION
    if text.startswith("/"):
        return InstrumentType.FUTURE if _FUTURE.fullmatch(text) else PRODUCT_ROOT
    if len(text) == 21 and _OCC.fullmatch(text):
        return InstrumentType.EQUITY_OPTION
    if _CRYPTO.fullmatch(text):
        return InstrumentType.CRYPTOCURRENCY
    if text.startswith(".") and any(char.isdigit() for char in text):
        return STREAMER_OPTION
    return InstrumentType.EQUITY


def label(symbol: str) -> str:
    """A symbol for people: `KO 17 Apr 26 72.5 C`. What is not understood is shown as it is."""
    try:
        kind = detect_type(symbol)
        if kind == InstrumentType.EQUITY_OPTION:
            option = parse_option(symbol)
            return f"{option.root} {_tail(option)}"
        if kind == InstrumentType.FUTURE_OPTION:
            future_option = parse_future_option(symbol)
            return f"{future_option.future} {_tail(future_option)}"
    except SymbolError:
        pass
    return symbol


def _tail(option: OptionSymbol | FutureOptionSymbol) -> str:
    day = option.expiration
    when = f"{day.day} {_MONTH_NAMES[day.month - 1]} {day:%y}"
    return f"{when} {strike_text(option.strike)} {option.option_type}"
