"""What people keep beside the mirror: their words and arrangements, never the broker's facts; and
what each position was at the close of a day."""

from portfolio.models.daily import DailyMark
from portfolio.models.dashboard import DashboardChoice
from portfolio.models.positions import ColumnSet, PositionNote, PositionTag
from portfolio.models.staged import StagedTicket
from portfolio.models.trade_chains import ChainEdit, ChainNote, ChainTag, EditKind

__all__ = [
    "ChainEdit",
    "ChainNote",
    "ChainTag",
    "ColumnSet",
    "DailyMark",
    "DashboardChoice",
    "EditKind",
    "PositionNote",
    "PositionTag",
    "StagedTicket",
]
