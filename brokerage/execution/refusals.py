"""How a command can be turned down before anything is sent; each carries words for people."""

from __future__ import annotations


class Conflict(Exception):
    """The confirmation does not match what was shown; nothing was sent. HTTP 409."""


class ConfirmAgain(Conflict):
    """The order is for another account than the default one: ask once more. Nothing was sent."""


class CommandRefused(Exception):
    """This cannot be done to this order from here; the text says why. Nothing was sent."""


class CancelRefused(CommandRefused):
    """This order cannot be cancelled from here; the text says why. Nothing was sent."""
