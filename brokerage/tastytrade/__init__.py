"""The tastytrade Open API: environments, calls, two clients. Knows nothing of this application.

call = positions.list_positions("5WT00001")
with TastytradeClient(SANDBOX, credentials, store, user_agent="desk/1.0") as client:
    held = client.send(call)
"""

from brokerage.tastytrade.auth import AccessToken, Credentials, MemoryTokenStore, OAuth, TokenStore
from brokerage.tastytrade.calls import Call, Page
from brokerage.tastytrade.client import AsyncTastytradeClient, TastytradeClient, exchange_code
from brokerage.tastytrade.environments import (
    PRODUCTION,
    SANDBOX,
    Environment,
    InsecureAddress,
    simulator,
)
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.notices import ApiNotice, CallRecord
from brokerage.tastytrade.retry import RetryPolicy
from brokerage.tastytrade.secret import Secret

__all__ = [
    "PRODUCTION",
    "SANDBOX",
    "AccessToken",
    "ApiNotice",
    "AsyncTastytradeClient",
    "Call",
    "CallRecord",
    "Credentials",
    "Environment",
    "InsecureAddress",
    "MemoryTokenStore",
    "OAuth",
    "Page",
    "RetryPolicy",
    "Secret",
    "TastytradeClient",
    "TastytradeError",
    "TokenStore",
    "exchange_code",
    "simulator",
]
