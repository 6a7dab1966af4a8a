"""The mirror: one aggregate per file; constraints here, behaviour elsewhere."""

from brokerage.models.account import Account, AccountAccess, Customer, TradingStatus
from brokerage.models.balance import Balance, BalanceSnapshot, NetLiqPoint
from brokerage.models.connection import Connection
from brokerage.models.guard import AccountGuard, KillSwitch, TraderGuard
from brokerage.models.instrument import Instrument
from brokerage.models.intent import OrderIntent, OrderPreview
from brokerage.models.journal import AuditEntry, Notice, SyncRun
from brokerage.models.news import OrderNews
from brokerage.models.order import Fill, Order, OrderLeg
from brokerage.models.position import Position
from brokerage.models.transaction import Transaction

__all__ = [
    "Account",
    "AccountAccess",
    "AccountGuard",
    "AuditEntry",
    "Balance",
    "BalanceSnapshot",
    "Connection",
    "Customer",
    "Fill",
    "Instrument",
    "KillSwitch",
    "NetLiqPoint",
    "Notice",
    "Order",
    "OrderIntent",
    "OrderLeg",
    "OrderNews",
    "OrderPreview",
    "Position",
    "SyncRun",
    "TraderGuard",
    "TradingStatus",
    "Transaction",
]
