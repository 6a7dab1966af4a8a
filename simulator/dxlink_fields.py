"""The event catalogue of the market data stream: fields per type and their empty values."""

from __future__ import annotations

from datetime import date

NAN = "NaN"
NO_CHAR = "\u0000"

_HEAD = "eventType eventSymbol eventTime "
_INDEXED = "eventFlags index time sequence "
_TAPE = (
    "eventFlags index time timeNanoPart sequence exchangeCode price size bidPrice askPrice "
    "exchangeSaleConditions tradeThroughExempt aggressorSide spreadLeg extendedTradingHours "
    "validTick type "
)
_BOOK = (
    "eventFlags index time timeNanoPart sequence source action actionTime orderId auxOrderId price "
    "size executedSize count exchangeCode orderSide scope tradeId tradePrice tradeSize "
)
_TRADE = (
    "time timeNanoPart sequence exchangeCode price change size dayId dayVolume dayTurnover "
    "tickDirection extendedTradingHours"
)

_CATALOGUE = {
    "Quote": "sequence timeNanoPart bidTime bidExchangeCode bidPrice bidSize askTime "
    "askExchangeCode askPrice askSize",
    "Trade": _TRADE,
    "TradeETH": _TRADE,
    "Summary": "dayId dayOpenPrice dayHighPrice dayLowPrice dayClosePrice dayClosePriceType "
    "prevDayId prevDayClosePrice prevDayClosePriceType prevDayVolume openInterest",
    "Profile": "description shortSaleRestriction tradingStatus statusReason haltStartTime "
    "haltEndTime highLimitPrice lowLimitPrice high52WeekPrice low52WeekPrice beta "
    "earningsPerShare dividendFrequency exDividendAmount exDividendDayId shares freeFloat",
    "Greeks": _INDEXED + "price volatility delta gamma theta rho vega",
    "TheoPrice": _INDEXED + "price underlyingPrice delta gamma dividend interest",
    "Underlying": _INDEXED + "volatility frontVolatility backVolatility callVolume putVolume "
    "optionVolume putCallRatio",
    "Series": _INDEXED + "expiration volatility callVolume putVolume putCallRatio forwardPrice "
    "dividend interest",
    "Candle": _INDEXED + "count open high low close volume vwap bidVolume askVolume "
    "impVolatility openInterest",
    "TimeAndSale": _TAPE + "buyer seller",
    "OptionSale": _TAPE + "underlyingPrice volatility delta optionSymbol",
    "Order": _BOOK + "marketMaker",
    "SpreadOrder": _BOOK + "spreadSymbol",
    "AnalyticOrder": _BOOK + "marketMaker icebergPeakSize icebergHiddenSize icebergExecutedSize "
    "icebergType",
    "Configuration": "version attachment",
    "Message": "attachment",
}

FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple((_HEAD + text).split()) for name, text in _CATALOGUE.items()
}
ALIASES = {"VWAP": "vwap"}

LAST_VALUE = frozenset(
    {"Quote", "Trade", "TradeETH", "Summary", "Profile", "Greeks", "TheoPrice", "Underlying"}
)
TAPE = frozenset({"TimeAndSale", "OptionSale"})
BULLETINS = frozenset({"Configuration", "Message"})
BOOK = frozenset({"Order", "SpreadOrder", "AnalyticOrder"})
HISTORY = frozenset({"Candle", "Series", *BOOK})

# event flags
PENDING, REMOVE, BEGIN, END, SNIP = 0x01, 0x02, 0x04, 0x08, 0x10

_INTEGERS = frozenset(
    {
        "eventTime", "sequence", "timeNanoPart", "bidTime", "askTime", "time", "dayId",
        "prevDayId", "openInterest", "haltStartTime", "haltEndTime", "exDividendDayId",
        "eventFlags", "index", "expiration", "count", "actionTime", "orderId", "auxOrderId",
        "tradeId", "version",
    }
)  # fmt: skip
_TEXTS = frozenset(
    {
        "description", "statusReason", "exchangeSaleConditions", "buyer", "seller",
        "optionSymbol", "source", "marketMaker", "spreadSymbol", "attachment",
    }
)  # fmt: skip
_CHARS = frozenset(("bidExchangeCode", "askExchangeCode", "exchangeCode", "tradeThroughExempt"))
_BOOLS = frozenset(("extendedTradingHours", "spreadLeg", "validTick"))
_ENUMS = frozenset(
    {
        "dayClosePriceType", "prevDayClosePriceType", "shortSaleRestriction", "tradingStatus",
        "tickDirection", "aggressorSide", "type", "action", "orderSide", "scope", "icebergType",
    }
)  # fmt: skip


def empty(event_type: str, field: str) -> object:
    """What stands for no value in a field."""
    # the open interest of a candle is a double, that of a summary a count
    if field in _INTEGERS and not (event_type == "Candle" and field == "openInterest"):
        return 0
    if field in _TEXTS:
        return None
    if field in _CHARS:
        return NO_CHAR
    if field in _BOOLS:
        return False
    return "UNDEFINED" if field in _ENUMS else NAN


def day_id(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - 719163


def time_index(millis: int, sequence: int = 0) -> int:
    """The index of a time series event."""
    return (millis // 1000 << 32) | (millis % 1000 << 22) | sequence
