"""How a person wants to see the table: grouping, columns, filters, before or after fees.

Written in the address; what is not there was chosen before and is kept in the session. Nonsense is
passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from portfolio.models import ColumnSet
from portfolio.positions.columns import COLUMNS, DEFAULT, SETS, Columns

SESSION_KEY = "positions"
GROUPINGS = (
    ("underlying", "Underlying"),
    ("expiration", "Expiration"),
    ("account", "Account"),
    ("tag", "Tag"),
    ("flat", "Flat"),
)
DTE = (("0", "Today"), ("7", "≤ 7 days"), ("21", "≤ 21 days"), ("45", "≤ 45 days"))
KEPT = ("group", "columns", "fees")
OWN = "own-"


@dataclass(frozen=True, slots=True)
class Wish:
    """``dte``: at most so many days, or empty; ``money``: itm, otm or empty."""

    group: str = "underlying"
    columns: str = DEFAULT.key
    after_fees: bool = False
    dte: str = ""
    money: str = ""
    losers: bool = False
    tag: str = ""
    account: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.dte or self.money or self.losers or self.tag or self.account)

    @property
    def moves(self) -> bool:
        """Whether prices decide which rows there are."""
        return bool(self.money or self.losers)

    @property
    def query(self) -> str:
        """As an address has it: every choice, so that a link means the same to everybody."""
        values = {
            "group": self.group, "columns": self.columns, "fees": "1" if self.after_fees else "0",
            "dte": self.dte, "money": self.money, "losers": "1" if self.losers else "",
            "tag": self.tag, "account": self.account,
        }  # fmt: skip
        return urlencode({name: value for name, value in values.items() if value})

    def but(self, **changes: Any) -> Wish:
        return replace(self, **changes)


def read(given: Mapping[str, str], kept: Mapping[str, str] | None = None) -> Wish:
    """From an address, and from what was chosen before."""
    before = dict(kept or {})

    def one(name: str) -> str:
        text = given.get(name, before.get(name, "") if name in KEPT else "")
        return str(text).replace("\x00", "")[:64]

    groups = {name for name, _ in GROUPINGS}
    columns = one("columns")
    return Wish(
        group=one("group") if one("group") in groups else "underlying",
        columns=columns if columns in SETS or columns.startswith(OWN) else DEFAULT.key,
        after_fees=one("fees") == "1",
        dte=one("dte") if one("dte") in {name for name, _ in DTE} else "",
        money=one("money") if one("money") in ("itm", "otm") else "",
        losers=one("losers") == "1",
        tag=one("tag"),
        account=one("account") if one("account").isdecimal() else "",
    )


def kept_of(wish: Wish) -> dict[str, str]:
    """What the session remembers."""
    fees = "1" if wish.after_fees else "0"
    return {"group": wish.group, "columns": wish.columns, "fees": fees}


def own_sets(user: Any) -> list[Columns]:
    """A person's sets; columns that this version does not know are passed over."""
    rows = ColumnSet.objects.filter(user_id=user.pk)
    return [
        Columns(
            f"{OWN}{row.pk}",
            row.name,
            tuple(COLUMNS[key] for key in row.columns if key in COLUMNS),
        )
        for row in rows
    ]


def columns_of(wish: Wish, own: list[Columns]) -> Columns:
    """The set that is asked for; one that is gone or foreign is the default."""
    known = {**SETS, **{item.key: item for item in own}}
    return known.get(wish.columns, DEFAULT)
