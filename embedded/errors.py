"""What can go wrong here; each message is a sentence that a person can act on."""

from __future__ import annotations


class EmbeddedError(Exception):
    """Shown as it is, without a traceback."""


class BinaryMissing(EmbeddedError):
    """No server binary was found in any of the places that were looked at."""


class NotReady(EmbeddedError):
    """A server ended or stayed silent while it was expected to become ready."""


class PortTaken(EmbeddedError):
    """A port that the desk needs belongs to somebody else."""


class AlreadyRunning(EmbeddedError):
    """The data folder is in use by another live desk."""
