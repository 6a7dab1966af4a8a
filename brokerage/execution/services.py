"""The commands people give about orders. Each is sent once or not at all.

An intent is committed, with its audit row, before anything leaves; the request goes out once,
outside the transaction, from this very process; what is known afterwards is written down:
accepted, rejected (by the broker), denied (by us, nothing sent) or unknown. Nothing here retries.

This module is the door: pages import commands from here and from nowhere behind it.
"""

from __future__ import annotations

from brokerage.execution.cancelling import (
    cancel,
    cancel_complex,
    cancel_many,
    cancel_problem,
    group_problem,
)
from brokerage.execution.ownership import adopt, disown, look_alikes
from brokerage.execution.pairs import edit_pairs, preview_edit_pairs
from brokerage.execution.permits import cancelling_problem, sending_problem, trading_connection
from brokerage.execution.preview import preview
from brokerage.execution.protective import is_protective, unprotective
from brokerage.execution.refusals import CancelRefused, CommandRefused, ConfirmAgain, Conflict
from brokerage.execution.replacing import (
    nudged,
    present_values,
    preview_replace,
    replace,
    replace_problem,
)
from brokerage.execution.submitting import submit

__all__ = [
    "CancelRefused",
    "CommandRefused",
    "ConfirmAgain",
    "Conflict",
    "adopt",
    "cancel",
    "cancel_complex",
    "cancel_many",
    "cancel_problem",
    "cancelling_problem",
    "disown",
    "edit_pairs",
    "group_problem",
    "is_protective",
    "look_alikes",
    "nudged",
    "present_values",
    "preview",
    "preview_edit_pairs",
    "preview_replace",
    "replace",
    "replace_problem",
    "sending_problem",
    "submit",
    "trading_connection",
    "unprotective",
]
