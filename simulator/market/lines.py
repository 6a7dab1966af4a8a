"""A line is everything that never changes about one tradable symbol; the registry finds lines.

Both vocabularies are understood: REST symbols and streamer symbols.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from simulator.market import calendar, contracts, expirations, future_options, rng, strikes
from simulator.market.contracts import Future
from simulator.market.expirations import Expiration, Root
from simulator.market.future_options import FutureExpiration
from simulator.market.levels import Levels
from simulator.market.universe.equities import Underlying
from simulator.market.universe.futures import FutureProduct

EQUITY, INDEX, OPTION, FUTURE, FUTURE_OPTION, CRYPTO = (
    "Equity", "Index", "Equity Option", "Future", "Future Option", "Cryptocurrency",
)  # fmt: skip
Ladder = tuple[tuple[str, str | None], ...]  # (tick, below this price)

STOCK_TICKS: Ladder = (("0.0001", "1.0"), ("0.01", None))
NICKEL: Ladder = (("0.01", "3.0"), ("0.05", None))
PENNY: Ladder = (("0.01", None),)
INDEX_NICKEL: Ladder = (("0.05", "3.0"), ("0.1", None))

_LATE = frozenset({"SPY", "QQQ", "IWM", "DIA", "SPX", "XSP", "NDX", "RUT", "VIX", "DJX"})
_OCC = re.compile(r"^(?P<root>[A-Z0-9]{1,6}) *(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d{8})$")
_STREAMER_OPTION = re.compile(
    r"^\.(?P<root>[A-Z0-9]+?)(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(\.\d+)?)$"
)
_FUTURE_OPTION = re.compile(
    r"^\.(?P<fut>/.{5})(?P<opt>.{6})(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(\.\d+)?)$"
)
_LOOSE_FUTURE_OPTION = re.compile(
    r"^\.(?P<fut>/\S+?)\s+(?P<opt>\S+?)\s*(?P<ymd>\d{6})(?P<cp>[CP])(?P<k>\d+(\.\d+)?)$"
)
_STREAMER_FUTURE_OPTION = re.compile(
    r"^\./(?P<root>[0-9A-Z]+?)(?P<m>[FGHJKMNQUVXZ])(?P<y>\d{2})(?P<cp>[CP])"
    r"(?P<k>\d+(\.\d+)?):(?P<x>[A-Z]+)$"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One symbol. `level` names its row in `Levels`; option fields are set for options only."""

    symbol: str
    streamer: str
    kind: str
    hours: str
    ticks: Ladder
    multiplier: Decimal
    key: int
    underlying: str  # REST symbol of what an option is on, else the symbol itself
    level: str = ""
    row: Underlying | None = None
    future: Future | None = None
    root: Root | None = None
    expiration: Expiration | FutureExpiration | None = None
    strike: Decimal = Decimal(0)
    k: float = 0.0
    call: bool = True
    european: bool = False
    expires: float = 0.0  # epoch seconds

    @property
    def is_option(self) -> bool:
        """Equity, index or future option."""
        return self.kind in (OPTION, FUTURE_OPTION)

    @property
    def product(self) -> FutureProduct | None:
        """The future product behind a future or future option."""
        return self.future.product if self.future else None


def decimal_text(value: Decimal) -> str:
    """A decimal without trailing zeros or exponent, as symbols carry it."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def occ(root: str, day: date, call: bool, strike: Decimal) -> str:
    """The 21-character option symbol."""
    return f"{root:<6}{day:%y%m%d}{'C' if call else 'P'}{int(strike * 1000):08d}"


def option_streamer(root: str, day: date, call: bool, strike: Decimal) -> str:
    """The feed's option symbol."""
    return f".{root}{day:%y%m%d}{'C' if call else 'P'}{decimal_text(strike)}"


def future_option_symbol(row: FutureExpiration, call: bool, strike: Decimal) -> str:
    """The fixed-width future option symbol."""
    side = "C" if call else "P"
    return f".{row.future.symbol:<6}{row.contract:<6}{row.date:%y%m%d}{side}{decimal_text(strike)}"


def future_option_streamer(row: FutureExpiration, call: bool, strike: Decimal) -> str:
    """The feed's future option symbol (the future and the day are not in it)."""
    side = "C" if call else "P"
    return f"./{row.streamer}{side}{decimal_text(strike)}:{row.product.venue}"


class Registry:
    """Finds lines by symbol; unknown symbols are None, never an error."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.roots: dict[str, Root] = {}
        for row in levels.equities.values():
            for root in expirations.roots_of(row):
                self.roots[root.symbol] = root
        self.option_products: dict[str, FutureProduct] = {}
        for product in levels.products.values():
            for name, _ in future_options.roots(product):
                self.option_products[name] = product
        self.extra: dict[str, frozenset[Decimal]] = {}
        self._lines: dict[str, Line | None] = {}
        self._streamers: dict[str, Line | None] = {}
        self._decade = 0

    def find(self, symbol: str, now: datetime) -> Line | None:
        """The line of a REST symbol."""
        self._forget_old_years(now)
        if symbol not in self._lines:
            if len(self._lines) > 200_000:
                self._lines.clear()
            self._lines[symbol] = self._parse(symbol, now)
        return self._lines[symbol]

    def find_streamer(self, symbol: str, now: datetime) -> Line | None:
        """The line of a streamer symbol."""
        self._forget_old_years(now)
        if symbol not in self._streamers:
            if len(self._streamers) > 200_000:
                self._streamers.clear()
            self._streamers[symbol] = self._parse_streamer(symbol, now)
        return self._streamers[symbol]

    def forget(self) -> None:
        """Look everything up anew (after names or option classes have changed)."""
        self._lines.clear()
        self._streamers.clear()

    def roots_on(self, underlying: str) -> list[Root]:
        """The option classes of an underlying, standard ones first."""
        found = [r for r in self.roots.values() if r.underlying == underlying]
        return sorted(found, key=lambda r: not r.standard)

    def _on_board(self, root: Root, row: Underlying, strike: Decimal) -> bool:
        grid = strikes.tier(row.symbol, row.price)
        return strike in self.extra.get(root.symbol, ()) or strikes.on_grid(grid, strike)

    def _forget_old_years(self, now: datetime) -> None:
        # a one-digit year means another contract once time has moved on
        if now.year != self._decade:
            self._decade = now.year
            self._lines.clear()
            self._streamers.clear()

    def _parse(self, symbol: str, now: datetime) -> Line | None:
        if symbol.startswith("./"):
            return self._future_option(symbol, now)
        if symbol.startswith("/"):
            return self._future(symbol, now)
        if symbol in self.levels.equities:
            return self._equity(self.levels.equities[symbol])
        if symbol in self.levels.coins:
            return self._coin(symbol)
        return self._option(symbol)

    def _parse_streamer(self, symbol: str, now: datetime) -> Line | None:
        if symbol.startswith("./"):
            return self._streamed_future_option(symbol, now)
        if symbol.startswith("/"):
            name, _, venue = symbol.partition(":")
            line = self._future(name, now) if re.search(r"\d{2}$", name) else None
            return line if line and line.streamer == f"{name}:{venue}" else None
        if symbol.startswith("."):
            match = _STREAMER_OPTION.match(symbol)
            return self._option_from(match) if match else None
        if symbol.endswith(":CXTALP"):
            name = symbol.removesuffix(":CXTALP")
            return self.find(name, now) if name in self.levels.coins else None
        return self.find(symbol, now) if symbol in self.levels.equities else None

    # -- one kind each -----------------------------------------------------------------------

    def _equity(self, row: Underlying) -> Line:
        index = row.kind == "Index"
        return Line(
            row.symbol, row.symbol, INDEX if index else EQUITY,
            calendar.INDEX if index else calendar.STOCK,
            (("0.01", None),) if index else STOCK_TICKS, Decimal(1), rng.key("line", row.symbol),
            row.symbol, level=row.symbol, row=row,
        )  # fmt: skip

    def _coin(self, symbol: str) -> Line:
        coin = self.levels.coins[symbol]
        return Line(
            symbol, f"{symbol}:CXTALP", CRYPTO, calendar.CRYPTO, ((coin.tick, None),), Decimal(1),
            rng.key("line", symbol), symbol, level=symbol,
        )  # fmt: skip

    def _future(self, symbol: str, now: datetime) -> Line | None:
        future = contracts.parse(symbol, self.levels.products, now)
        if future is None:
            return None
        product = future.product
        return Line(
            future.symbol, future.streamer, FUTURE, calendar.FUTURE,
            ((format(product.tick, "f"), None),), product.point, rng.key("line", future.streamer),
            future.symbol, level=self.source(product), future=future,
            expires=future.expires.timestamp(),
        )  # fmt: skip

    def source(self, product: FutureProduct) -> str:
        """The row in `Levels` that a product follows."""
        own = f"/{product.code}"
        return own if own in self.levels.names else product.source

    def _option(self, symbol: str) -> Line | None:
        match = _OCC.match(symbol)
        if match is None or len(symbol) != 21:
            return None
        return self._option_from(match)

    def _option_from(self, match: re.Match[str]) -> Line | None:
        root = self.roots.get(match["root"])
        day = _date(match["ymd"])
        if root is None or day is None:
            return None
        text = match["k"]
        strike = Decimal(text) if "." in text or len(text) != 8 else Decimal(text) / 1000
        if match.re is _STREAMER_OPTION:
            strike = Decimal(text)
        row = self.levels.equities[root.underlying]
        found = expirations.find(root, day)
        if found is None or not self._on_board(root, row, strike):
            return None
        call = match["cp"] == "C"
        return self.option_line(root, found, call, strike)

    def option_line(self, root: Root, end: Expiration, call: bool, strike: Decimal) -> Line:
        """The line of an equity or index option known to exist."""
        row = self.levels.equities[root.underlying]
        symbol = occ(root.symbol, end.date, call, strike)
        return Line(
            symbol, option_streamer(root.symbol, end.date, call, strike), OPTION,
            calendar.LATE_OPTION if row.symbol in _LATE else calendar.OPTION,
            option_ticks(row), Decimal(100), rng.key("line", symbol), row.symbol,
            level=row.symbol, row=row, root=root, expiration=end, strike=strike, k=float(strike),
            call=call, european=root.european, expires=end.expires.timestamp(),
        )  # fmt: skip

    def _future_option(self, symbol: str, now: datetime) -> Line | None:
        match = _FUTURE_OPTION.match(symbol) or _LOOSE_FUTURE_OPTION.match(symbol)
        if match is None:
            return None
        day, contract = _date(match["ymd"]), match["opt"].strip()
        product = self.option_products.get(contract[:-2])
        if product is None or day is None:
            return None
        # the same roots serve only one product each, so the contract names the product
        end = future_options.find(product, contract, day)
        if end is None or end.future.symbol != match["fut"].strip():
            return None
        return self._future_option_line(end, match["cp"] == "C", match["k"])

    def _streamed_future_option(self, symbol: str, now: datetime) -> Line | None:
        match = _STREAMER_FUTURE_OPTION.match(symbol)
        product = self.option_products.get(match["root"]) if match else None
        if match is None or product is None or product.venue != match["x"]:
            return None
        rule = dict(future_options.roots(product))[match["root"]]
        month = contracts.MONTHS.index(match["m"]) + 1
        year = 2000 + int(match["y"])
        if not 2021 <= year <= 2035:
            return None
        end = future_options.make(product, match["root"], rule, year, month)
        return self._future_option_line(end, match["cp"] == "C", match["k"]) if end else None

    def _future_option_line(self, end: FutureExpiration, call: bool, text: str) -> Line | None:
        try:
            strike = Decimal(text)
        except InvalidOperation:
            return None
        if not strikes.on_grid(strikes.future_tier(end.product.strike), strike):
            return None
        return self.future_option_line(end, call, strike)

    def future_option_line(self, end: FutureExpiration, call: bool, strike: Decimal) -> Line:
        """The line of a future option known to exist."""
        product = end.product
        symbol = future_option_symbol(end, call, strike)
        return Line(
            symbol, future_option_streamer(end, call, strike), FUTURE_OPTION, calendar.FUTURE,
            product.option_tick, product.point, rng.key("line", symbol, end.date.year),
            end.future.symbol, level=self.source(product), future=end.future, expiration=end,
            strike=strike, k=float(strike), call=call, european=end.rule == "gas",
            expires=end.expires.timestamp(),
        )  # fmt: skip


def option_ticks(row: Underlying) -> Ladder:
    """The tick ladder of options on a share, fund or index."""
    if row.kind == "Index" and row.symbol != "XSP":
        return NICKEL if row.symbol == "VIX" else INDEX_NICKEL
    return PENNY if row.penny else NICKEL


def tick_at(ladder: Ladder, price: Decimal) -> Decimal:
    """The tick that applies to a price."""
    for value, threshold in ladder:
        if threshold is None or price < Decimal(threshold):
            return Decimal(value)
    return Decimal(ladder[-1][0])


def _date(text: str) -> date | None:
    try:
        found = date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
    return found if 2021 <= found.year <= 2036 else None
