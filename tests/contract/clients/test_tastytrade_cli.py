"""`tt`, the command line of `tastytrade-cli`: as published, its addresses redirected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.clients import scratch
from tests.contract.clients.conftest import PythonClients
from tests.simulator.running import process

ACCOUNT = "5WT00004"
CONFIG = """
[general]
default-account = {account}
refresh_token = {refresh_token}
client_secret = {client_secret}
[option]
default-dte = 30
[option.chain]
strike-count = 6
show-delta = true
show-theta = true
[portfolio]
[portfolio.positions]
show-mark-price = true
show-delta = true
show-theta = true
show-gamma = true
[portfolio.margin]
[watchlist]
show-beta = true
show-dividend-yield = true
show-indicators = true
"""
# Command, what is typed into it, what it must show.
READING = (
    ("pf positions", "\n", ("JPM", "MSFT", "ETH/USD")),
    ("pf positions --all", "\n", ("AAPL", "KO")),
    ("pf history --start 2026-10-01", "", ("MSFT",)),
    ("pf margin", "", (f"({ACCOUNT})", "MSFT")),
    ("pf balance", "", (f"({ACCOUNT})", "Net Liq")),
    ("order live", "\n", ("JPM",)),
    ("order history --start 2026-08-01", "", ("MSFT",)),
    ("option chain SPY", "", ("SPY",)),
    ("option chain /ES", "", ("ES",)),
    ("wl public", "2\n", ("SPY",)),
    ("wl private", "\n", ("SPY",)),
)


@pytest.fixture(scope="module")
def trading_clients(cellar: Path) -> Iterator[PythonClients]:
    """Pointed at a simulator of their own: `order live` of this tool divides by nought when an
    order for less than one unit is live, so what is traded must not meet what is read."""
    python = scratch.or_skip(scratch.python_clients, cellar)
    with process("--scenario", "demo") as running:
        yield PythonClients(python, running.told)


def home_of(clients: PythonClients, folder: Path) -> Path:
    """A home folder with the tool's configuration."""
    place = folder / ".config" / "ttcli"
    place.mkdir(parents=True)
    (place / "ttcli.cfg").write_text(CONFIG.format(account=ACCOUNT, **clients.told))
    return folder


def tt(clients: PythonClients, folder: Path, line: str, said: str = "") -> str:
    """What a command shows, without colours."""
    home = home_of(clients, folder)
    done = clients.run(
        "tastytrade", "-m", "ttcli.app", *line.split(), said=said, HOME=str(home),
        COLUMNS="200", TERM="dumb",
    )  # fmt: skip
    shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)
    assert done.returncode == 0, f"tt {line}: {done.stderr[-2000:]}{shown[-1000:]}"
    return shown


@pytest.mark.parametrize(("line", "said", "words"), READING, ids=[row[0] for row in READING])
def test_reading(
    python_clients: PythonClients, tmp_path: Path, line: str, said: str, words: tuple[str, ...]
) -> None:
    shown = tt(python_clients, tmp_path, line, said)
    assert "Error" not in shown
    for word in words:
        assert word in shown, shown[-2000:]


# The line, what it trades: the price is left at the mid, the order confirmed.
TRADING = (
    ("trade stock KO 5", "KO"),
    ("trade stock PEP -5 --gtc", "PEP"),
    ("trade future /MESZ6 1", "/MESZ6"),
    ("trade crypto ETH 0.1", "ETH/USD"),
    ("option call KO 1 --delta 30", "KO    261224C"),
    ("option call KO -1 --delta 20 --width 1", "KO    261224C"),
    ("option put KO -1 --delta 20", "KO    261224P"),
    ("option strangle KO -1 --delta 20", "KO    261224"),
)


@pytest.mark.parametrize(("line", "symbol"), TRADING, ids=[row[0] for row in TRADING])
def test_trading(trading_clients: PythonClients, tmp_path: Path, line: str, symbol: str) -> None:
    ledger = f"{trading_clients.told['control_url']}/ledger"
    before = {order["id"] for order in httpx.get(ledger).json()["orders"]}
    shown = tt(trading_clients, tmp_path, line, "\ny\n")
    assert "Error" not in shown, shown[-2000:]
    placed = [o for o in httpx.get(ledger).json()["orders"] if o["id"] not in before]
    (order,) = [o for o in placed if o["account-number"] == ACCOUNT]
    assert order["status"] not in ("Rejected", "Cancelled")
    assert all(leg["symbol"].startswith(symbol) for leg in order["legs"])
