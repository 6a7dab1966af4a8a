"""How the desk writes numbers: exact in, rounded once, half up; unknown is an em dash, never 0."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUS = "−"
UNKNOWN = "—"
FIGURE_SPACE = "\u2007"
NEW_YORK = ZoneInfo("America/New_York")

Number = Decimal | int | float | str | None

_CENT = Decimal("0.01")
# What a number is rounded to, by its places.
_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(29))
# Contracts that the exchange writes in 32nds, by tick in points (US Treasury futures).
_THIRTY_SECONDS = {Decimal(1) / 32, Decimal(1) / 64, Decimal(1) / 128, Decimal(1) / 256}


def decimal(value: Number) -> Decimal | None:
    """The exact decimal of what was given; NaN and infinities count as unknown.

    Of a float twelve digits count: the noise behind them must not decide how a cent is rounded.
    """
    if value is None or value == "":
        return None
    if isinstance(value, float):
        value = f"{value:.12g}"
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if number.is_finite() else None


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """Half up, as people expect; a negative zero becomes zero."""
    result = value.quantize(_STEPS[places], ROUND_HALF_UP)
    return result if result else abs(result)


def fixed(value: Number, places: int = 2) -> str:
    """`1234.5` → `1,234.50`, with a true minus."""
    number = decimal(value)
    if number is None:
        return UNKNOWN
    return f"{rounded(number, places):,f}".replace("-", MINUS)


def signed(value: Number, places: int = 2) -> str:
    """With its sign; zero has none: `+1,240.50`, `−87.00`, `0.00`."""
    number = decimal(value)
    if number is None:
        return UNKNOWN
    result = rounded(number, places)
    text = f"{result:,f}"
    return f"+{text}" if result > 0 else text.replace("-", MINUS)


def money(value: Number) -> str:
    return fixed(value, 2)


def signed_money(value: Number) -> str:
    return signed(value, 2)


def signed_short(value: Number) -> str:
    """For dense tables: whole from 100 on, with cents below: `+1,241`, `−87.00`."""
    number = decimal(value)
    return signed(value, 0 if number is not None and abs(number) >= 100 else 2)


def price(value: Number, tick: Number = None) -> str:
    """A price by its tick: 0.01 and 0.05 give two places, 0.0001 four, 1/32 the exchange's 32nds.

    Without a tick as many places as the value has, two at least and eight at most.
    """
    number, step = decimal(value), decimal(tick)
    if number is None:
        return UNKNOWN
    if step is not None and step in _THIRTY_SECONDS:
        return thirty_seconds(number, step)
    # Behind eight places is only what floats leave over.
    return fixed(number, max(2, _places(rounded(number, 8) if step is None else step)))


def aligned(text: str, places: int = 3) -> str:
    """The text filled up with figure spaces, so that decimal points of a column stand in line."""
    _, point, rest = text.partition(".")
    return text + FIGURE_SPACE * (places - len(rest)) if point else text


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return min(8, max(0, -exponent)) if isinstance(exponent, int) else 0


def thirty_seconds(value: Decimal, tick: Decimal) -> str:
    """`110.515625` at a tick of 1/64 → `110'165`: points, 32nds, tenths of a 32nd cut off."""
    sign = MINUS if value < 0 else ""
    points, rest = divmod(abs(value), 1)
    whole, part = divmod(rest * 32, 1)
    tail = "" if tick == Decimal(1) / 32 else str(int(part * 10))
    return f"{sign}{points:,f}'{int(whole):02d}{tail}"


def quantity(value: Number, *, sign: bool = True) -> str:
    """`+2`, `−3`, `+0.05`: no needless zeros, at most eight places."""
    number = decimal(value)
    if number is None:
        return UNKNOWN
    return signed(number, _places(number)) if sign else fixed(number, _places(number))


def percent(ratio: Number, places: int = 0) -> str:
    """A ratio as a percentage: `0.64` → `64%`."""
    number = decimal(ratio)
    return UNKNOWN if number is None else f"{fixed(number * 100, places)}%"


def signed_percent(ratio: Number, places: int = 1) -> str:
    number = decimal(ratio)
    return UNKNOWN if number is None else f"{signed(number * 100, places)}%"


def volatility(value: Number) -> str:
    """Implied volatility: one decimal and the sign of percent."""
    return percent(value, 1)


def greek(value: Number, places: int = 2) -> str:
    return signed(value, places)


def trimmed(value: Number) -> str:
    """A strike without needless zeros: `590`, `592.5`."""
    number = decimal(value)
    return UNKNOWN if number is None else fixed(number, _places(number)).replace(",", "")


def age(seconds: float | None) -> str:
    """`3 s`, `2 min`, `4 h`, `3 d`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def structure_price(value: Number, effect: str | None = "") -> str:
    """`1.35 cr`, `0.40 db`, `0.00 even`: the magnitude with the broker's price effect."""
    number = decimal(value)
    if number is None:
        return UNKNOWN
    if number == 0:
        return "0.00 even"
    suffix = {"credit": " cr", "debit": " db"}.get((effect or "").lower(), "")
    return f"{price(abs(number) if suffix else number)}{suffix}"


def structure_net(value: Number) -> str:
    """The same from a signed net: positive is received (credit), negative is paid (debit)."""
    number = decimal(value)
    if number is None:
        return UNKNOWN
    return structure_price(abs(number), "Credit" if number > 0 else "Debit")


def structure_average(value: Number) -> str:
    """The same of an average: to four decimals at most."""
    number = decimal(value)
    return UNKNOWN if number is None else structure_net(rounded(number, 4).normalize())


def price_gap(value: Number) -> str:
    """A difference of prices: below one with as many places as it has, up to four."""
    gap = decimal(value)
    if gap is None:
        return UNKNOWN
    return signed(gap, max(2, min(2 if abs(gap) >= 1 else 4, _places(gap))))


def signed_exact(value: Number) -> str:
    """An amount with all its decimals, two at least: a fee below a cent is not rounded away."""
    number = decimal(value)
    return UNKNOWN if number is None else signed(number, max(2, _places(number)))


def count_short(value: Number) -> str:
    """`12,345`; from a million on `1.81M`, so that columns keep their width."""
    number = decimal(value)
    if number is not None and number >= 999_500:
        return f"{fixed(number / 1_000_000, 2)}M"
    return fixed(number, 0)


def either_way(value: Number) -> str:
    """`±12.34`."""
    return UNKNOWN if decimal(value) is None else f"±{fixed(value, 2)}"


def milliseconds(value: Number) -> str:
    return UNKNOWN if decimal(value) is None else f"{fixed(value, 0)} ms"


def short_date(day: date | None, *, year: bool = False) -> str:
    """`17 Jan`, with the year `17 Jan 26`."""
    if day is None:
        return UNKNOWN
    return f"{day.day} {day:%b}" + (f" {day:%y}" if year else "")


def market_time(at: datetime | None, *, seconds: bool = True) -> str:
    """The instant in the market's zone: `10:42:07 ET`."""
    if at is None:
        return UNKNOWN
    return at.astimezone(NEW_YORK).strftime("%H:%M:%S ET" if seconds else "%H:%M ET")


def market_datetime(at: datetime | None) -> str:
    """`17 Jan 10:42 ET`."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(NEW_YORK)
    return f"{local.day} {local:%b %H:%M} ET"


def day_time(at: datetime) -> str:
    """When a session begins: `Mon 9:30 ET`."""
    local = at.astimezone(NEW_YORK)
    return f"{local:%a} {local.hour}:{local:%M} ET"


def dte(days: int | None, seconds_left: float | None = None) -> str:
    """`45d`; on the day itself the hours left, `6h 20m`; afterwards `expired`."""
    if days is None:
        return UNKNOWN
    if days < 0 or (seconds_left is not None and seconds_left <= 0):
        return "expired"
    if days == 0 and seconds_left is not None:
        hours, rest = divmod(int(seconds_left), 3_600)
        return f"{hours}h {rest // 60:02d}m"
    return f"{days}d"


def plain(text: str) -> str:
    """The text as copied into other programs: a plain hyphen for the true minus."""
    return text.replace(MINUS, "-")


_OPTION = re.compile(r"(?P<root>[A-Z0-9]{1,6}) *(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d{8})")
_FUTURE_OPTION = re.compile(r"\.(?P<root>/.{5}).{6}(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(?:\.\d+)?)")


class OptionParts(NamedTuple):
    """What an option's symbol says: root, expiration, C or P, strike."""

    root: str
    day: date
    right: str
    strike: Decimal


def option_parts(symbol: str) -> OptionParts | None:
    """The parts of an option's symbol, on stock or on a future; None for anything else."""
    found = _OPTION.fullmatch(symbol) or _FUTURE_OPTION.fullmatch(symbol)
    if found is None:
        return None
    try:
        day = datetime.strptime(found["ymd"], "%y%m%d").date()
    except ValueError:
        return None
    strike = Decimal(found["k"])
    if not symbol.startswith("."):
        strike /= 1000
    return OptionParts(found["root"].strip(), day, found["cp"], strike)


def symbol_label(symbol: str, instrument_type: str = "") -> str:
    """`SPY   260117P00590000` → `SPY 17 Jan 26 590 P`; what is no option stays as it is."""
    parts = option_parts(symbol)
    if parts is None:
        return symbol
    day = short_date(parts.day, year=True)
    return f"{parts.root} {day} {trimmed(parts.strike)} {parts.right}"


def leg_label(amount: Number, symbol: str, instrument_type: str = "") -> str:
    """A leg as traders write it: `−1 SPY 17 Jan 26 590 P`."""
    return f"{quantity(amount)} {symbol_label(symbol, instrument_type)}"


def tone(value: Number) -> str:
    """The class of a signed figure: gain, loss, or none for zero and unknown."""
    number = decimal(value)
    if number is None:
        return "missing"
    cents = rounded(number, 2)
    return "gain" if cents > 0 else "loss" if cents < 0 else ""
