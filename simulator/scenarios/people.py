"""The customer, the OAuth application and the account objects that scenarios open."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import stamp
from simulator.ids import Ids
from simulator.model import Account, Client, User
from simulator.oauth import new_grant

if TYPE_CHECKING:
    from simulator.world import World

MARGINS = ("Cash", "Cash Secured Margin", "IRA Margin", "Reg T", "Portfolio Margin")
PLANS = (
    ("Individual", False, False, MARGINS),
    ("Joint", False, True, MARGINS),
    ("Traditional IRA", True, False, ("IRA Margin",)),
    ("Roth IRA", True, False, ("IRA Margin",)),
    ("LLC", False, False, MARGINS),
)
ADDRESS = {
    "street-one": "1 Example Street",
    "city": "Chicago",
    "state-region": "IL",
    "postal-code": "60601",
    "country": "USA",
    "is-domestic": True,
    "is-foreign": False,
}


def open_customer(world: World, username: str, created: datetime) -> User:
    """A customer with a login, an application and a grant for it."""
    ids = world.ids
    external = f"U{int.from_bytes(ids.digest('user', username, size=4), 'big'):010d}"
    user = User(
        external_id=external,
        username=username,
        email=f"{username}@example.com",
        user_id=88_000 + ids.next("user"),
        customer=_customer(username, external, created),
        accounts={},
    )
    world.users[username] = user
    world.touch(user)
    return user


def open_application(world: World, user: User) -> None:
    """A registered client and the user's grant with every scope."""
    client = Client(
        client_id=world.ids.uuid("client"),
        secret=world.ids.token("secret", 20),
        name="Personal application",
    )
    world.clients[client.client_id] = client
    world.touch(client)
    new_grant(world, client, user.username, ["read", "trade", "openid"])


def _customer(username: str, external: str, created: datetime) -> dict[str, Any]:
    first, last = "Demo", "Customer"
    work = {
        "employment-status": "EMPLOYED",
        "occupation": "Technology",
        "employer-name": "Example Company",
        "job-title": "Engineer",
    }
    flags = dict.fromkeys(
        (
            "has-industry-affiliation", "has-political-affiliation", "has-listed-affiliation",
            "has-institutional-assets", "is-investment-adviser", "is-professional",
            "has-delayed-quotes",
        ),
        False,
    )  # fmt: skip
    return {
        "id": "me",
        "first-name": first,
        "last-name": last,
        "first-surname": last,
        "address": ADDRESS,
        "mailing-address": ADDRESS,
        "customer-suitability": {
            "id": 118201,
            "marital-status": "SINGLE",
            "number-of-dependents": 0,
            **work,
            "annual-net-income": 150000,
            "net-worth": 600000,
            "liquid-net-worth": 250000,
            "stock-trading-experience": "EXTENSIVE",
            "covered-options-trading-experience": "EXTENSIVE",
            "uncovered-options-trading-experience": "GOOD",
            "futures-trading-experience": "LIMITED",
        },
        "usa-citizenship-type": "Citizen",
        "is-foreign": False,
        "mobile-phone-number": "+13125550100",
        "work-phone-number": "",
        "home-phone-number": "",
        "email": f"{username}@example.com",
        "tax-number-type": "SSN",
        "tax-number": "*****0000",
        "birth-date": "1985-06-15",
        "external-id": f"C{external[1:]}",
        "citizenship-country": "USA",
        "subject-to-tax-withholding": False,
        "agreed-to-margining": True,
        "agreed-to-terms": True,
        **flags,
        "has-pending-or-approved-application": True,
        "permitted-account-types": [_plan(*plan) for plan in PLANS],
        "identifiable-type": "Person",
        "person": {
            "external-id": f"P{external[1:]}",
            "first-name": first,
            "last-name": last,
            "birth-date": "1985-06-15",
            "citizenship-country": "USA",
            "usa-citizenship-type": "Citizen",
            "marital-status": "SINGLE",
            "number-of-dependents": 0,
            **work,
        },
        "created-at": stamp(created),
    }


def _plan(name: str, sheltered: bool, several: bool, margins: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": name,
        "description": "",
        "is_tax_advantaged": sheltered,
        "has_multiple_owners": several,
        "is_publicly_available": True,
        "margin_types": [{"name": m, "is_margin": m != "Cash"} for m in margins],
    }


def open_account(
    world: World,
    user: User,
    number: str,
    kind: str,
    opened: datetime,
    *,
    calculation: str,
    level: str,
    futures: bool,
    crypto: bool,
    nickname: str | None = None,
) -> Account:
    """An empty account of a customer."""
    account = Account(
        number=number,
        owner=user.username,
        info=_info(world.ids, number, kind, opened, level, futures, nickname or kind)
        | {"margin-or-cash": "Cash" if calculation == "Cash" else "Margin"},
        status=_status(world.ids, number, opened, calculation, level, futures, crypto),
        updated_at=opened,
    )
    user.accounts[number] = "owner"
    world.touch(user)
    world.add_account(account)
    return account


def _info(
    ids: Ids, number: str, kind: str, opened: datetime, level: str, futures: bool, nickname: str
) -> dict[str, Any]:
    info: dict[str, Any] = {
        "account-number": number,
        "external-id": f"A{ids.uuid('account')}",
        "opened-at": stamp(opened),
        "nickname": nickname,
        "account-type-name": kind,
        "day-trader-status": False,
        "is-closed": False,
        "is-firm-error": False,
        "is-firm-proprietary": False,
        "is-futures-approved": futures,
        "is-test-drive": False,
        "margin-or-cash": "Margin",
        "is-foreign": False,
        "funding-date": opened.date().isoformat(),
        "investment-objective": "SPECULATION",
        "liquidity-needs": "LOW",
        "risk-tolerance": "HIGH",
        "investment-time-horizon": "LONG",
        "suitable-options-level": level,
        "created-at": stamp(opened),
    }
    return info | ({"futures-account-purpose": "SPECULATING"} if futures else {})


def _status(
    ids: Ids,
    number: str,
    opened: datetime,
    calculation: str,
    level: str,
    futures: bool,
    crypto: bool,
) -> dict[str, Any]:
    off = (
        "has-intraday-equities-margin", "is-aggregated-at-clearing", "is-closed",
        "is-closing-only", "is-cryptocurrency-closing-only", "is-frozen",
        "is-futures-closing-only", "is-futures-intra-day-enabled",
        "is-in-day-trade-equity-maintenance-call", "is-in-margin-call",
        "is-pattern-day-trader", "is-portfolio-margin-enabled", "is-risk-reducing-only",
        "is-small-notional-futures-intra-day-enabled", "are-deep-itm-carry-options-enabled",
        "are-options-values-restricted-to-nlv", "are-single-tick-expiring-hedges-ignored",
        "is-equity-offering-enabled", "is-equity-offering-closing-only",
    )  # fmt: skip
    rate = Decimal("1.25") if calculation == "IRA Margin" else Decimal(1)
    return {
        "id": 447_100 + ids.next("trading-status"),
        "account-number": number,
        "day-trade-count": 0,
        "equities-margin-calculation-type": calculation,
        "fee-schedule-name": "default",
        "futures-margin-rate-multiplier": f"{rate:.2f}" if futures else "0.0",
        "small-notional-futures-margin-rate-multiplier": f"{rate:.2f}" if futures else "0.0",
        **dict.fromkeys(off, False),
        "are-far-otm-net-options-restricted": True,
        "is-cryptocurrency-enabled": crypto,
        "is-full-equity-margin-required": calculation != "Reg T",
        "is-futures-enabled": futures,
        "is-roll-the-day-forward-enabled": True,
        "options-level": level,
        "short-calls-enabled": level == "No Restrictions",
        "enhanced-fraud-safeguards-enabled-at": stamp(opened),
        "updated-at": stamp(opened),
    }
