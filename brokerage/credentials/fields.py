"""Text encrypted at rest with rotatable Fernet keys."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from brokerage.tastytrade.secret import Secret


class UndecryptableSecret(Exception):
    """A stored secret that none of FIELD_ENCRYPTION_KEYS opens; never carries the ciphertext."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS must hold at least one Fernet key")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS holds a value that is not a Fernet key"
        ) from None


def cipher() -> MultiFernet:
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class SealedSecret:
    """Stands in for a stored secret that cannot be opened: the row loads, the secret does not.

    Saving the row writes the untouched ciphertext back, so that a key put back later still opens
    it.
    """

    __slots__ = ("_ciphertext",)

    def __init__(self, ciphertext: str) -> None:
        self._ciphertext = ciphertext

    @property
    def ciphertext(self) -> str:
        return self._ciphertext

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return "<sealed>"

    __repr__ = __str__


def opened(value: str | SealedSecret) -> str:
    """The secret's text; UndecryptableSecret when no key opens it."""
    if isinstance(value, SealedSecret):
        raise UndecryptableSecret(
            "a stored secret cannot be decrypted with the present FIELD_ENCRYPTION_KEYS"
        )
    return value


class EncryptedTextField(models.TextField):
    """Plain text in Python, ciphertext in the database; the first key encrypts, all decrypt.

    A value that no key opens loads as a ``SealedSecret``: one lost key must not break every page
    that touches the row. Whoever needs the text calls ``opened``.
    """

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, SealedSecret):
            return value.ciphertext
        if not value:
            return ""
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(
        self, value: str | None, _expression: object, _connection: object
    ) -> Secret | SealedSecret:
        if not value:
            return Secret("")
        try:
            return Secret(cipher().decrypt(value.encode()).decode())
        except InvalidToken:
            return SealedSecret(value)
