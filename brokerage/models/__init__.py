"""The mirror: one aggregate per file; constraints here, behaviour elsewhere."""

from brokerage.models.account import Account, AccountAccess, Customer, TradingStatus
from brokerage.models.balance import Balance, BalanceSnapshot, NetLiqPoint
from brokerage.models.connection import Connection
from brokerage.models.guard import AccountGuard, KillSwitch, TraderGuard
from brokerage.models.instrument import Instrument
from brokerage.models.intent import OrderIntent, OrderPreview
from brokerage.models.journal import AUDIT_WORDS, AuditEntry, AuditSeal, Notice, SyncRun
from brokerage.models.margin import MarginRequirement
from brokerage.models.news import OrderNews
from brokerage.models.order import ComplexOrder, Fill, Order, OrderLeg
from brokerage.models.position import Position
from brokerage.models.progress import Backfill, Difference, Reconciliation
from brokerage.models.reference import MarketMetric, QuoteAlert, Watchlist
from brokerage.models.transaction import Transaction

__all__ = [
    "AUDIT_WORDS",
    "Account",
    "AccountAccess",
    "AccountGuard",
    "AuditEntry",
    "AuditSeal",
    "Backfill",
    "Balance",
    "BalanceSnapshot",
    "ComplexOrder",
    "Connection",
    "Customer",
    "Difference",
    "Fill",
    "Instrument",
    "KillSwitch",
    "MarginRequirement",
    "MarketMetric",
    "NetLiqPoint",
    "Notice",
    "Order",
    "OrderIntent",
    "OrderLeg",
    "OrderNews",
    "OrderPreview",
    "Position",
    "QuoteAlert",
    "Reconciliation",
    "SyncRun",
    "TraderGuard",
    "TradingStatus",
    "Transaction",
    "Watchlist",
]
