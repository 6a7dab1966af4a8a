"""The actions of the simulator page, by section."""

from __future__ import annotations

import re
from typing import Any

from portfolio.simulation.actions import CHOICE, LIST, NUMBER, TEXT, WHOLE, YES, Action, Entry

CLOCK, PRICES, FILLS, FAULTS = "Clock", "Prices", "Fills", "Faults"
ACCOUNTS, LIFE, STATE = "Accounts", "Corporate actions and options", "State"
SECTIONS = (CLOCK, PRICES, FILLS, FAULTS, ACCOUNTS, LIFE, STATE)
SPEEDS = tuple((text, f"×{int(text):,}") for text in ("1", "10", "60", "600", "3600", "10000"))
JUMPS = (
    ("open", "next open"),
    ("close", "next close"),
    ("expiration", "next expiration of what is held"),
    ("midnight", "midnight"),
)
NUMBER_OF_ACCOUNT = Entry("number", "Account", CHOICE, required=True)


def _fault(values: dict[str, Any]) -> dict[str, Any]:
    """`what` is the place and the action in one."""
    place, _, action = values.pop("what").partition(":")
    numbers = {k: str(v) for k, v in values.items() if k in ("seconds", "chance")}
    return {"on": place, "action": action, **values, **numbers}


def _holding(values: dict[str, Any]) -> dict[str, Any]:
    return {"holdings": [{k: str(v) for k, v in values.items()}]}


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Switches that are not ticked are off, not unsaid."""
    switches = ("crypto-orders", "option-lists", "legacy-sessions", "skip-closed", "depth")
    numbers = ("mid-probability", "rate-limit", "quote-token-hours", "credit-rate")
    told = {key: bool(values.get(key)) for key in switches}
    told |= {key: float(values[key]) for key in numbers if key in values}
    return {"fill-model": values["fill-model"], "script": values.get("script"), **told}


ACTIONS = (
    Action("speed", "Pace", CLOCK, "/clock", (
        Entry("speed", "Speed", CHOICE, SPEEDS, required=True),
    ), "Set"),
    Action("pause", "Stand still", CLOCK, "/clock", (), "Pause",
           "The clock stands still.", build=lambda _: {"pause": True}),
    Action("resume", "Go on", CLOCK, "/clock", (), "Resume",
           "The clock goes on.", build=lambda _: {"resume": True}),
    Action("jump", "Jump", CLOCK, "/clock", (
        Entry("to", "To", CHOICE, JUMPS, required=True),
        Entry("symbol", "Of the contract", help="With expiration: an option or a future."),
    ), "Jump"),
    Action("advance", "Jump ahead", CLOCK, "/clock", (
        Entry("advance", "Seconds", WHOLE, initial=60, required=True),
    ), "Advance"),
    Action("price", "Move an underlying", PRICES, "/prices", (
        Entry("symbol", "Symbol", required=True),
        Entry("price", "To the price", NUMBER),
        Entry("factor", "Or by the factor", NUMBER, help="0.9 is a fall of 10 %."),
    ), "Move"),
    Action("settings", "Fill model and behaviour", FILLS, "/settings", (
        Entry("fill-model", "Fill model", CHOICE, required=True),
        Entry("script", "Script", help="With scripted: immediate, delayed:5, never, partial:1 …"),
        Entry("mid-probability", "Chance of a fill at the mid", NUMBER),
        Entry("crypto-orders", "Take crypto orders", YES),
        Entry("option-lists", "Answer plural option lists", YES),
        Entry("legacy-sessions", "Serve sessions by password", YES),
        Entry("skip-closed", "Jump over closed hours", YES),
        Entry("depth", "Serve order books", YES),
        Entry("rate-limit", "Requests a second (0: no limit)", NUMBER),
        Entry("quote-token-hours", "Life of a quote token, hours", NUMBER),
        Entry("credit-rate", "Interest on cash, a year", NUMBER, help="0.02 is 2 %."),
    ), "Save", build=_settings),
    Action("order", "One order", FILLS, "/orders/{order}", (
        Entry("order", "Order", CHOICE, required=True),
        Entry("action", "Action", CHOICE, (
            ("fill", "fill"), ("reject", "reject"), ("cancel", "cancel"), ("trigger", "trigger"),
            ("script", "script"), ("remove", "remove"),
        ), required=True),
        Entry("quantity", "Quantity", NUMBER, help="Of a fill; all that is left without one."),
        Entry("price", "Price", NUMBER),
        Entry("reason", "Reason", help="Of a rejection."),
        Entry("script", "Script", help="never, delayed:5, partial:1 …"),
    ), "Steer"),
    Action("fault", "Enter a fault", FAULTS, "/faults", (
        Entry("what", "What", CHOICE, required=True),
        Entry("status", "Status", WHOLE, help="Of an answer: 401, 429, 502 …"),
        Entry("html", "As the proxy's HTML page", YES),
        Entry("retry-after", "Retry-After, seconds", WHOLE),
        Entry("path", "Path", TEXT, help="REST: a regular expression, e.g. /orders$"),
        Entry("method", "Method", CHOICE, tuple((m, m) for m in ("GET", "POST", "PUT", "DELETE"))),
        Entry("account", "Account", CHOICE),
        Entry("kind", "Kind", help="Streams: Order, Quote …"),
        Entry("symbol", "Symbol", help="Market stream."),
        Entry("fields", "Fields", LIST, help="Dotted paths for missing, null, nan …"),
        Entry("seconds", "Seconds", NUMBER),
        Entry("skip", "Let pass first", WHOLE),
        Entry("count", "How many", WHOLE, help="One without a number."),
        Entry("chance", "Chance", NUMBER),
        Entry("code", "Close code", WHOLE),
    ), "Enter", build=_fault),
    Action("unfault", "Take a fault back", FAULTS, "/faults/{fault}", (
        Entry("fault", "Fault", CHOICE, required=True),
    ), "Take back", method="DELETE", build=lambda _: None),
    Action("faults-off", "Take all back", FAULTS, "/faults", (), "Take all back",
           "No faults any more.", method="DELETE", build=lambda _: None),
    Action("streams", "Open sockets", FAULTS, "/streams", (
        Entry("action", "Action", CHOICE,
              (("close", "close"), ("freeze", "freeze"), ("thaw", "thaw")), required=True),
        Entry("stream", "Stream", CHOICE, (("account", "account"), ("market", "market"))),
        Entry("code", "Close code", WHOLE),
    ), "Do it"),
    Action("tokens", "Tokens and grants", FAULTS, "/tokens", (
        Entry("action", "Action", CHOICE, (
            ("expire-access", "expire access tokens"), ("expire-quote", "expire quote tokens"),
            ("revoke-grants", "revoke all grants"),
        ), required=True),
    ), "Do it", danger=True),
    Action("people", "New customers", ACCOUNTS, "/customers", (
        Entry("count", "How many", WHOLE, initial=1),
        Entry("accounts", "Accounts each", WHOLE, initial=1),
        Entry("cash", "Cash in each", NUMBER, initial=100_000),
    ), "Open"),
    Action("account", "New account", ACCOUNTS, "/customers/{username}/accounts", (
        Entry("username", "Customer", CHOICE, required=True),
        Entry("nickname", "Name"),
        Entry("cash", "Cash", NUMBER, initial=100_000),
    ), "Open"),
    Action("movement", "Money in or out", ACCOUNTS, "/accounts/{number}/movements", (
        NUMBER_OF_ACCOUNT,
        Entry("amount", "Amount", NUMBER, required=True, help="Negative goes out."),
        Entry("clears-after", "Pending, seconds", WHOLE, help="At once without a number."),
    ), "Book"),
    Action("holding", "Position by transfer", ACCOUNTS, "/accounts/{number}/holdings", (
        NUMBER_OF_ACCOUNT,
        Entry("symbol", "Symbol", required=True),
        Entry("quantity", "Quantity", NUMBER, required=True, help="Negative is short."),
        Entry("price", "Cost each", NUMBER),
    ), "Deliver", build=_holding),
    Action("corporate", "Corporate action", LIFE, "/corporate-actions", (
        Entry("kind", "Kind", CHOICE, tuple((k, k) for k in (
            "split", "dividend", "special-dividend", "symbol-change", "merger", "spin-off",
        )), required=True),
        Entry("symbol", "Symbol", required=True),
        Entry("new", "New shares", NUMBER, help="Of a split, for the old ones."),
        Entry("old", "Old shares", NUMBER),
        Entry("amount", "Dividend per share", NUMBER),
        Entry("to", "New symbol"),
        Entry("into", "Acquirer or child"),
        Entry("ratio", "Shares per share", NUMBER),
        Entry("cash", "Cash per share", NUMBER),
        Entry("part", "Part that goes", NUMBER, help="Of a spin-off: 0.2 is a fifth."),
        Entry("effective", "On the trading day", help="YYYY-MM-DD, a dividend's ex-date; or now."),
        Entry("pays-on", "Paid on", help="Of a dividend, YYYY-MM-DD."),
    ), "Carry out", danger=True),
    Action("withdraw", "Take back an announcement", LIFE, "/corporate-actions/{announcement}", (
        Entry("announcement", "Announced", CHOICE, required=True),
    ), "Take back", method="DELETE", build=lambda _: None),
    Action("assign", "Assignment", LIFE, "/accounts/{number}/assignments", (
        NUMBER_OF_ACCOUNT,
        Entry("symbol", "Sold option", required=True),
        Entry("quantity", "Contracts", WHOLE, initial=1),
    ), "Assign"),
    Action("exercise", "Exercise", LIFE, "/accounts/{number}/exercises", (
        NUMBER_OF_ACCOUNT,
        Entry("symbol", "Bought option", required=True),
        Entry("quantity", "Contracts", WHOLE, initial=1),
    ), "Exercise"),
    Action("snapshot", "Keep a snapshot", STATE, "/snapshots", (
        Entry("name", "Name", initial="default", required=True),
    ), "Keep"),
    Action("restore", "Go back to a snapshot", STATE, "/snapshots/{snapshot}/restore", (
        Entry("snapshot", "Snapshot", CHOICE, required=True),
    ), "Go back", danger=True, build=lambda _: None),
    Action("forget", "Forget a snapshot", STATE, "/snapshots/{snapshot}", (
        Entry("snapshot", "Snapshot", CHOICE, required=True),
    ), "Forget", method="DELETE", build=lambda _: None),
    Action("transcript-on", "Transcript", STATE, "/transcript", (), "Keep from now on",
           "What is said is written down.", build=lambda _: {"on": True}),
    Action("transcript-off", "Transcript", STATE, "/transcript", (), "Stop",
           "The transcript is no longer kept.", build=lambda _: {"on": False}),
    Action("anew", "Begin anew", STATE, "/scenario", (
        Entry("name", "Scenario", CHOICE, (("demo", "demo"), ("empty", "empty")), required=True),
        Entry("start", "At the time", help="ISO; the first start without one."),
    ), "Begin", "A new beginning.", danger=True),
    Action("reset", "Midnight reset", STATE, "/reset", (), "Reset now",
           "Orders, trades and positions are gone.", danger=True, build=lambda _: None),
)  # fmt: skip
BY_SLUG = {action.slug: action for action in ACTIONS}


# name: (words, requests one after the other)
SCENARIOS: dict[str, tuple[str, tuple[tuple[str, str, Any], ...]]] = {
    "crash": ("The market falls by 8 % at once", (
        ("POST", "/prices", {"moves": [
            {"symbol": s, "factor": 0.92} for s in ("SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA")
        ]}),
    )),
    "rally": ("The market rises by 4 % at once", (
        ("POST", "/prices", {"moves": [
            {"symbol": s, "factor": 1.04} for s in ("SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA")
        ]}),
    )),
    "flaky": ("One answer in five is a 502 page, one in ten is lost", (
        ("POST", "/faults", {"action": "status", "status": 502, "html": True, "count": 0,
                             "chance": 0.2}),
        ("POST", "/faults", {"action": "drop", "count": 0, "chance": 0.1}),
    )),
    "limited": ("The next ten requests are told to wait for five seconds", (
        ("POST", "/faults", {"action": "status", "status": 429, "retry-after": 5, "count": 10}),
    )),
    "lost-order": ("The answer to the next order is lost, the order is not", (
        ("POST", "/faults", {"action": "drop", "method": "POST", "path": "/orders$"}),
    )),
    "frozen": ("Both streams fall silent without a word", (
        ("POST", "/streams", {"action": "freeze"}),
    )),
    "dead-grant": ("All tokens end and the grants are revoked", (
        ("POST", "/tokens", {"action": "revoke-grants"}),
    )),
    "expiration": ("Straight to the next expiration of what is held", (
        ("POST", "/clock", {"to": "expiration"}),
    )),
}  # fmt: skip


def section_id(title: str) -> str:
    """A section's anchor."""
    return re.sub(r"\W+", "-", title.lower())
