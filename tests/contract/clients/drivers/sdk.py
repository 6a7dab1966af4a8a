"""The public `tastytrade-sdk`: log-in, plain calls, a subscription. Prints what it saw."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from tastytrade_sdk import Tastytrade

PATIENCE = 15


def main() -> dict[str, Any]:
    """Everything the client offers, once."""
    seen: dict[str, Any] = {}
    desk = Tastytrade(api_base_url=os.environ["SIMULATOR_API"].removeprefix("http://"))
    desk.login(os.environ["LOGIN"], os.environ["PASSWORD"])
    account = desk.api.get("/customers/me/accounts")["data"]["items"][0]["account"]
    seen["account"] = account["account-number"]
    wanted = [("symbol[]", "SPY"), ("symbol[]", "AAPL")]
    rows = desk.api.get("/instruments/equities", params=wanted)["data"]["items"]
    seen["equities"] = sorted(row["symbol"] for row in rows)
    chain = desk.api.get("/option-chains/SPY/nested")["data"]["items"][0]
    option = chain["expirations"][1]["strikes"][20]["call"]
    symbols = ["SPY", "BTC/USD", option, "/ESZ6"]
    seen["FULL"] = stream(desk, symbols, {})
    fields = {"Quote": ["eventType", "eventSymbol", "bidPrice", "askPrice"]}
    # in this form the client reads one event a message, and no two
    seen["COMPACT"] = stream(desk, ["SPY"], {"event_fields": fields, "aggregation_period": 0.1})
    seen["option"] = option
    desk.logout()
    try:
        desk.api.get("/customers/me")
    except BaseException as failure:  # what the client raises is not an Exception
        seen["after"] = type(failure).__name__
    return seen


def stream(desk: Tastytrade, symbols: list[str], more: dict[str, Any]) -> list[str]:
    """The symbols, as asked for, of which a quote came."""
    quoted: set[str] = set()
    subscription = desk.market_data.subscribe(
        symbols, on_quote=lambda event: quoted.add(event["symbol"]), **more
    )
    subscription.open()
    deadline = time.monotonic() + PATIENCE
    while len(quoted) < len(symbols) and time.monotonic() < deadline:
        time.sleep(0.05)
    # its own close() waits half a minute for a thread of its own
    return sorted(quoted)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
    sys.stdout.flush()
    os._exit(0)
