from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerage.tastytrade import symbology
from brokerage.tastytrade.symbology import SymbolError

REF = date(2026, 3, 11)


# --- the contract's vectors ---


@pytest.mark.parametrize(
    ("occ", "streamer"),
    [
        ("AAPL  250117C00150000", ".AAPL250117C150"),
        ("SPY   241220P00400000", ".SPY241220P400"),
        ("F     260117C00012500", ".F260117C12.5"),
        ("AAPL  260620C00200250", ".AAPL260620C200.25"),
        ("F     250620P00002170", ".F250620P2.17"),
        ("SPXW  250530C01400000", ".SPXW250530C1400"),
        ("BRKB  250620C00190000", ".BRKB250620C190"),
        ("KO    260417C00072500", ".KO260417C72.5"),
        ("SPX   250620C05635000", ".SPX250620C5635"),
        ("XYZ1  260417C00040000", ".XYZ1260417C40"),
        ("2SPX  260417C00040000", ".2SPX260417C40"),
        ("F     250620C00002020", ".F250620C2.02"),
        ("AAPL  250117C00000500", ".AAPL250117C0.5"),
    ],
)
def test_options_to_the_streamer_and_back(occ: str, streamer: str) -> None:
    assert symbology.option_to_streamer(occ) == streamer
    assert symbology.streamer_to_option(streamer) == occ


@pytest.mark.parametrize(
    ("symbol", "code", "reference", "streamer"),
    [
        ("/ESU5", "XCME", date(2025, 8, 1), "/ESU25:XCME"),
        ("/LEQ6", "XCME", REF, "/LEQ26:XCME"),
        ("/ESM6", "XCME", REF, "/ESM26:XCME"),
        ("/ESM26", "XCME", REF, "/ESM26:XCME"),
        ("/NGZ19", "XNYM", REF, "/NGZ19:XNYM"),
        ("/ESH0", "XCME", date(2029, 12, 1), "/ESH30:XCME"),
    ],
)
def test_futures_to_the_streamer(symbol: str, code: str, reference: date, streamer: str) -> None:
    assert symbology.future_to_streamer(symbol, code, reference) == streamer


@pytest.mark.parametrize(
    ("symbol", "product", "month", "year"),
    [
        ("/10YQ6", "10Y", 8, 2026),
        ("/M6EM6", "M6E", 6, 2026),
        ("/6EU5", "6E", 9, 2025),
        ("/2YYZ6", "2YY", 12, 2026),
        ("/SR3H7", "SR3", 3, 2027),
        ("/GCG6", "GC", 2, 2026),
        ("/ZBM6", "ZB", 6, 2026),
        ("/ESH25", "ES", 3, 2025),
    ],
)
def test_parts_of_a_future(symbol: str, product: str, month: int, year: int) -> None:
    future = symbology.parse_future(symbol)
    assert (future.product_code, future.month, future.full_year(REF)) == (product, month, year)
    assert future.symbol == symbol
    assert future.root == f"/{product}"


def test_both_spellings_of_a_future_are_one() -> None:
    assert symbology.canonical_future("/NQH25") == "/NQH5"
    assert symbology.canonical_future("/NQH5") == "/NQH5"
    assert symbology.canonical_future("/NQH25", REF) == "/NQH5"
    # One digit would mean 2029.
    assert symbology.canonical_future("/NGZ19", REF) == "/NGZ19"


@pytest.mark.parametrize(
    ("symbol", "future", "contract", "expiration", "kind", "strike"),
    [
        ("./ESM6 EW2J6 260410P5400", "/ESM6", "EW2J6", date(2026, 4, 10), "P", "5400"),
        ("./ESZ4 EW2U4 240920P5500", "/ESZ4", "EW2U4", date(2024, 9, 20), "P", "5500"),
        ("./ESZ5 ESZ5  251219C800", "/ESZ5", "ESZ5", date(2025, 12, 19), "C", "800"),
        ("./MNQZ5MNQZ5 251219P11000", "/MNQZ5", "MNQZ5", date(2025, 12, 19), "P", "11000"),
        ("./MNQZ6MN5CU6260930P30675", "/MNQZ6", "MN5CU6", date(2026, 9, 30), "P", "30675"),
        ("./ZBZ5 OZBZ5 251121P150", "/ZBZ5", "OZBZ5", date(2025, 11, 21), "P", "150"),
        ("./GCJ4 OG4G4 240223P1915", "/GCJ4", "OG4G4", date(2024, 2, 23), "P", "1915"),
        ("./6EM6 EUUJ6 260410C1.085", "/6EM6", "EUUJ6", date(2026, 4, 10), "C", "1.085"),
    ],
)
def test_parts_of_a_future_option(
    symbol: str, future: str, contract: str, expiration: date, kind: str, strike: str
) -> None:
    option = symbology.parse_future_option(symbol)
    assert (option.future, option.contract) == (future, contract)
    assert (option.expiration, option.option_type) == (expiration, kind)
    assert option.strike == Decimal(strike)
    assert option.symbol == symbol


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("./ESZ5 ESZ5 251219C800", "./ESZ5 ESZ5  251219C800"),
        ("./MNQZ6 MN5CU6 260930P30675", "./MNQZ6MN5CU6260930P30675"),
        ("./ESM6 EW2J6260410P5400", "./ESM6 EW2J6 260410P5400"),
    ],
)
def test_collapsed_blanks_are_forgiven(loose: str, strict: str) -> None:
    assert symbology.parse_future_option(loose).symbol == strict


@pytest.mark.parametrize(
    ("symbol", "code", "streamer"),
    [
        ("./ESM6 EW2J6 260410P5400", "XCME", "./EW2J26P5400:XCME"),
        ("./ESU3 EW4N3 230728C3990", "XCME", "./EW4N23C3990:XCME"),
        ("./ZBZ5 OZBZ5 251121P150", "XCBT", "./OZBZ25P150:XCBT"),
        ("./MNQZ6MN5CU6260930P30675", "XCME", "./MN5CU26P30675:XCME"),
        ("./ESZ5 ESZ5  251219C800", "XCME", "./ESZ25C800:XCME"),
        ("./MNQZ5MNQZ5 251219P11000", "XCME", "./MNQZ25P11000:XCME"),
    ],
)
def test_future_options_to_the_streamer(symbol: str, code: str, streamer: str) -> None:
    assert symbology.future_option_to_streamer(symbol, code) == streamer


# --- traps ---


@pytest.mark.parametrize(
    ("typed", "ticker"),
    [
        ("BRK.B", "BRK/B"),
        ("brk-b", "BRK/B"),
        ("BRK B", "BRK/B"),
        (" aapl ", "AAPL"),
        ("BRKB", "BRKB"),
        ("BRK/B", "BRK/B"),
    ],
)
def test_tickers_as_people_type_them(typed: str, ticker: str) -> None:
    assert symbology.normalise_equity(typed) == ticker


def test_an_existing_ticker_is_left_alone() -> None:
    assert symbology.normalise_equity("XY-A", known={"XY-A"}) == "XY-A"


@pytest.mark.parametrize(
    "text",
    [
        "AAPL 250117C00150000",
        "AAPL  250117C00150000 ",
        " AAPL 250117C00150000",
        "aapl  250117C00150000",
        "AAPL  250117X00150000",
        "AAPL  251317C00150000",
        "AAPL  250230C00150000",
        "AAPL  250117C0015000\u0660",
        "",
    ],
)
def test_no_option_symbols(text: str) -> None:
    with pytest.raises(SymbolError):
        symbology.parse_option(text)


@pytest.mark.parametrize("strike", ["0.0001", "100000", "-1", "123456.5"])
def test_strikes_that_do_not_fit(strike: str) -> None:
    with pytest.raises(SymbolError):
        symbology.option_symbol("AAPL", REF, "C", Decimal(strike))


def test_roots_that_do_not_fit() -> None:
    for root in ("TOOLONG", ""):
        with pytest.raises(SymbolError):
            symbology.option_symbol(root, REF, "C", Decimal(1))


@pytest.mark.parametrize("text", ["/ES", "ESM6", "/ESM666", "/ESA6", "/TOOLNGM6", "/", ""])
def test_no_futures(text: str) -> None:
    with pytest.raises(SymbolError):
        symbology.parse_future(text)


@pytest.mark.parametrize("text", ["./ESM6", "./ESM6 EW2J6 261310P5400", "./EW2J26P5400:XCME", ""])
def test_no_future_options(text: str) -> None:
    with pytest.raises(SymbolError):
        symbology.parse_future_option(text)


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("AAPL", "Equity"),
        ("BRK/B", "Equity"),
        ("SPX", "Equity"),
        ("AAPL  250117C00150000", "Equity Option"),
        ("/ESM6", "Future"),
        ("/ES", symbology.PRODUCT_ROOT),
        ("./ESM6 EW2J6 260410P5400", "Future Option"),
        ("BTC/USD", "Cryptocurrency"),
        (".KO260417C72.5", symbology.STREAMER_OPTION),
    ],
)
def test_types_of_bare_symbols(symbol: str, kind: str) -> None:
    assert symbology.detect_type(symbol) == kind


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("KO    260417C00072500", "KO 17 Apr 26 72.5 C"),
        ("./ESM6 EW2J6 260410P5400", "/ESM6 10 Apr 26 5400 P"),
        ("/ESM6", "/ESM6"),
        ("BRK/B", "BRK/B"),
        ("./nonsense", "./nonsense"),
    ],
)
def test_labels(symbol: str, shown: str) -> None:
    assert symbology.label(symbol) == shown


# --- properties ---

dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
roots = st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True)
sides = st.sampled_from("CP")
strikes = st.integers(0, 10**8 - 1).map(lambda thousandths: Decimal(thousandths) / 1000)
letters = st.sampled_from(symbology.MONTHS)
codes = st.from_regex(r"[0-9A-Z]{1,4}", fullmatch=True)


@given(roots, dates, sides, strikes)
def test_an_option_symbol_survives_parsing(
    root: str, day: date, side: str, strike: Decimal
) -> None:
    occ = symbology.option_symbol(root, day, side, strike)
    assert len(occ) == 21
    option = symbology.parse_option(occ)
    assert (option.root, option.expiration, option.option_type, option.strike) == (
        root,
        day,
        side,
        strike,
    )


@given(roots, dates, sides, strikes)
def test_an_option_survives_the_streamer(root: str, day: date, side: str, strike: Decimal) -> None:
    occ = symbology.option_symbol(root, day, side, strike)
    streamer = symbology.option_to_streamer(occ)
    assert "E" not in streamer[len(root) + 1 :]
    assert symbology.streamer_to_option(streamer) == occ


@given(codes, letters, st.integers(0, 99))
def test_a_future_survives_parsing(code: str, letter: str, year: int) -> None:
    for digits in (str(year % 10), f"{year:02d}"):
        future = symbology.parse_future(f"/{code}{letter}{digits}")
        assert (future.product_code, future.month_letter, future.year) == (code, letter, digits)


@given(letters, dates, st.integers(-1, 8))
def test_the_nearest_year_is_found(letter: str, reference: date, ahead: int) -> None:
    year = reference.year + ahead
    future = symbology.parse_future(f"/ES{letter}{year % 10}")
    assert future.full_year(reference) == year


@given(
    st.from_regex(r"/[0-9A-Z]{1,3}", fullmatch=True),
    letters,
    st.from_regex(r"[0-9A-Z]{1,4}", fullmatch=True),
    letters,
    st.integers(0, 9),
    dates,
    sides,
    st.decimals(0, 99999, places=4),
)
def test_a_future_option_survives_parsing(
    product: str,
    month: str,
    root: str,
    option_month: str,
    year: int,
    day: date,
    side: str,
    strike: Decimal,
) -> None:
    built = symbology.FutureOptionSymbol(
        f"{product}{month}{year}", f"{root}{option_month}{year}", day, side, strike
    )
    assert symbology.parse_future_option(built.symbol) == built


@given(st.text(max_size=30))
def test_nothing_typed_breaks_the_label(text: str) -> None:
    assert symbology.label(text) or text == ""
