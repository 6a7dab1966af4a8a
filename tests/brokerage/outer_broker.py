"""The broker at the outer edge: a loopback HTTP server with answers that a test can change.

Small on purpose: it knows the envelope, the token endpoint and a book of one customer. What it
serves is the wire format, so everything on our side of the socket is real.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SECRET = "canary-client-secret-5b1f"
REFRESH = "canary-refresh-token-9c2e"
NUMBERS = ("5WT00001", "5WT00002")

Answer = tuple[int, Any]


def account(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "account-number": number,
        "nickname": "Individual",
        "account-type-name": "Individual",
        "margin-or-cash": "Margin",
        "is-closed": False,
        "is-futures-approved": True,
        "day-trader-status": False,
        "opened-at": "2025-11-03T15:24:02.117+00:00",
        "suitable-options-level": "No Restrictions",
        **changes,
    }


def balance(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "account-number": number,
        "currency": "USD",
        "cash-balance": "68236.496",
        "pending-cash": "12.5",
        "pending-cash-effect": "Debit",
        "net-liquidating-value": "97852.996",
        "maintenance-excess": "-15.25",
        "updated-at": "2026-03-11T18:30:00.000+00:00",
        **changes,
    }


def position(number: str, symbol: str = "AAPL", **changes: Any) -> dict[str, Any]:
    return {
        "account-number": number,
        "symbol": symbol,
        "instrument-type": "Equity",
        "underlying-symbol": symbol,
        "streamer-symbol": symbol,
        "quantity": 100,
        "quantity-direction": "Long",
        "average-open-price": "201.35",
        "close-price": "228.15",
        "average-daily-market-close-price": "228.15",
        "multiplier": 1,
        "cost-effect": "Credit",
        "realized-day-gain": "10.0",
        "realized-day-gain-effect": "Debit",
        "realized-day-gain-date": "2026-03-11",
        "updated-at": "2026-03-02T15:33:40.118+00:00",
        **changes,
    }


def order(number: str, order_id: int = 401300012, **changes: Any) -> dict[str, Any]:
    return {
        "id": order_id,
        "account-number": number,
        "status": "Live",
        "order-type": "Limit",
        "time-in-force": "Day",
        "size": 2,
        "price": "1.95",
        "price-effect": "Credit",
        "underlying-symbol": "SPY",
        "underlying-instrument-type": "Equity",
        "cancellable": True,
        "editable": True,
        "edited": False,
        "received-at": "2026-03-11T18:00:00.000+00:00",
        "updated-at": 1773252000000,
        "legs": [
            leg("SPY   260417P00560000", "Sell to Open"),
            leg("SPY   260417P00550000", "Buy to Open"),
        ],
        **changes,
    }


def leg(symbol: str, action: str, quantity: int = 2, remaining: int = 2, *fills: Any) -> Any:
    return {
        "instrument-type": "Equity Option",
        "symbol": symbol,
        "action": action,
        "quantity": quantity,
        "remaining-quantity": remaining,
        "fills": list(fills),
    }


def fill(fill_id: str, quantity: int, price: str = "1.95") -> dict[str, Any]:
    return {
        "fill-id": fill_id,
        "quantity": quantity,
        "fill-price": price,
        "filled-at": "2026-03-11T18:00:01.000+00:00",
        "destination-venue": "CITADEL_OPTIONS_A",
    }


def error(status: int, code: str, message: str = "no") -> Answer:
    return status, {"error": {"code": code, "message": message, "retry_after": 0}}


def oauth_error(code: str, description: str = "", status: int = 400) -> Answer:
    # No wait between attempts: tests have no patience.
    return status, {"error_code": code, "error_description": description, "retry_after": 0}


class OuterBroker:
    """Answers by (method, path); a test sets or replaces them. Every call is remembered."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, list[str]]]] = []
        self.refreshes = 0
        self._refreshing = 0
        self.most_at_once = 0
        self.lifetime = 900
        self.token_delay = 0.0
        self.token_answer: Answer | None = None
        self.headers: dict[str, str] = {}
        self.answers: dict[tuple[str, str], Answer | Callable[[], Answer]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        self.book()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- what it answers ---

    def set(self, path: str, answer: Any, *, status: int = 200, method: str = "GET") -> None:
        """An object or list of items under `path`, in the envelope."""
        data = {"items": answer} if isinstance(answer, list) else answer
        self.answers[(method, path)] = (status, {"data": data, "context": path})

    def refuse(self, path: str, answer: Answer, *, method: str = "GET") -> None:
        self.answers[(method, path)] = answer

    def book(self) -> None:
        """One customer with two accounts."""
        self.set("/customers/me", {"id": "me", "external-id": "C1", "email": "a@example.com"})
        self.accounts(*NUMBERS)
        for number in NUMBERS:
            self.set(f"/accounts/{number}/trading-status", {"account-number": number})
            self.set(f"/accounts/{number}/balances/USD", balance(number))
            self.set(f"/accounts/{number}/positions", [])
            for path in ("orders", "orders/live", "transactions", "balance-snapshots"):
                self.set(f"/accounts/{number}/{path}", [])
            self.set(f"/accounts/{number}/net-liq/history", [])
            self.set(f"/accounts/{number}/complex-orders", [])
            self.set(f"/accounts/{number}/complex-orders/live", [])
            self.set(f"/margin/accounts/{number}/requirements", {"account-number": number})
        self.set("/market-time/sessions", [])
        self.set("/instruments/equities", [])
        for path in ("market-metrics", "watchlists", "public-watchlists", "quote-alerts"):
            self.set(f"/{path}", [])

    def accounts(self, *numbers: str, authority: str = "owner") -> None:
        rows = [{"account": account(n), "authority-level": authority} for n in numbers]
        self.set("/customers/me/accounts", rows)

    def paths(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _ in self.calls if verb == method]

    # --- the server ---

    def _token(self, body: dict[str, Any]) -> Answer:
        if self.token_answer is not None:
            return self.token_answer
        if body.get("client_secret") != SECRET:
            return oauth_error("invalid_client", "Client authentication failed", 401)
        if body.get("grant_type") == "refresh_token" and body.get("refresh_token") != REFRESH:
            return oauth_error("invalid_grant", "Invalid JWT")
        with self._lock:
            self._refreshing += 1
            self.most_at_once = max(self.most_at_once, self._refreshing)
        if self.token_delay:
            threading.Event().wait(self.token_delay)
        with self._lock:
            self._refreshing -= 1
            self.refreshes += 1
            token = f"canary-access-token-{self.refreshes}"
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
        if body.get("grant_type") == "authorization_code":
            answer["refresh_token"] = REFRESH
        return 200, answer

    def answer(self, method: str, path: str, body: dict[str, Any], bearer: str) -> Answer:
        if path == "/oauth/token":
            return self._token(body)
        if not bearer.startswith("Bearer canary-access-token-"):
            return error(401, "unauthorized")
        found = self.answers.get((method, path))
        if found is None:
            return error(404, "record_not_found")
        return found() if callable(found) else found

    def _handler(broker) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one segment: two would wait for a delayed acknowledgement.
            wbufsize = -1

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                path = unquote(parts.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                broker.calls.append((self.command, path, parse_qs(parts.query)))
                status, answer = broker.answer(
                    self.command, path, body, self.headers.get("Authorization", "")
                )
                text = json.dumps(answer, default=_number).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                for name, value in broker.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError
