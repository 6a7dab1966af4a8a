"""What people keep beside the mirror: their own words and arrangements, never the broker's facts."""

from portfolio.models.trade_chains import ChainEdit, ChainNote, ChainTag, EditKind

__all__ = ["ChainEdit", "ChainNote", "ChainTag", "EditKind"]
