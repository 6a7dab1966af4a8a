"""The family `expires` of figures: `expires-<leg>-<name>` and `expires-<account>-<hex of
the underlying>-<name>`; day and band come with the page's address."""

from __future__ import annotations

from decimal import Decimal

from django.http import QueryDict

from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.analytics.expiration import AccountView, DividendRisk, Fate, Outcome, Settlement
from portfolio.analytics.strategies.legs import Form
from portfolio.desk import RequestDesk
from portfolio.expirations.scene import Scene
from portfolio.figures.legs import BROKER, leg_title, mark_input
from portfolio.figures.registry import explains


@explains("expires")
def explain(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """None for a leg or an underlying that does not expire by the page's day."""
    scene = Scene(desk, query.dict())  # type: ignore[arg-type]
    whose, _, name = rest.rpartition("-")
    if "-" in whose:
        account, _, code = whose.partition("-")
        return _of_view(scene, account, code, name)
    if name in ("dividend", "owed", "left"):
        risk = next((item for item in scene.dividends if item.leg.key == whose), None)
        return of_dividend(scene, risk, name) if risk else None
    for view in scene.views:
        for outcome in view.outcomes:
            if outcome.leg.key == whose and name in LEG:
                return LEG[name](scene, outcome)
    return None


def _of_view(scene: Scene, account: str, code: str, name: str) -> Worked | None:
    for view in scene.views:
        if view.account == account and view.underlying.encode().hex() == code:
            return VIEW[name](scene, view) if name in VIEW else None
    return None


def leg_ref(outcome: Outcome, name: str) -> str:
    return f"expires-{outcome.leg.key}-{name}"


def view_ref(view: AccountView, name: str) -> str:
    return f"expires-{view.account}-{view.underlying.encode().hex()}-{name}"


# --- Legs ---------------------------------------------------------------------------------------


def _title(scene: Scene, key: str, word: str) -> str:
    return leg_title(scene.by_key[key].leg, word)


def _spot(scene: Scene, underlying: str) -> Input:
    spot = scene.spots.get(underlying)
    mark = spot.mark if spot else None
    words = f"Price of {underlying}"
    if mark is None:
        return Input("S", words, None, "no quote came", None, Unit.PRICE)
    return Input("S", words, mark.price, mark.source.value, scene.desk.now - mark.age, Unit.PRICE)


def _quantity(outcome: Outcome) -> Input:
    return Input("q", "Contracts, signed", outcome.leg.quantity, BROKER)


def _strike(outcome: Outcome) -> Input:
    return Input("K", "Strike", outcome.leg.strike, "the contract", None, Unit.PRICE)


def _mark(scene: Scene, key: str) -> Input:
    value = scene.desk.valuation.values[scene.by_key[key].leg.pk]
    return mark_input(value, scene.desk.now)


def in_the_money(scene: Scene, outcome: Outcome) -> Worked:
    call = outcome.leg.form is Form.CALL
    inputs = (_spot(scene, outcome.leg.underlying), _strike(outcome))
    return worked(
        _title(scene, outcome.leg.key, "In the money"),
        "max(S-K,0)" if call else "max(K-S,0)",
        inputs, outcome.in_the_money, Unit.PRICE, ref=leg_ref(outcome, "itm"),
    )  # fmt: skip


def extrinsic(scene: Scene, outcome: Outcome) -> Worked:
    inside = Input("i", "In the money", outcome.in_the_money, "worked out", None, Unit.PRICE)
    mark = _mark(scene, outcome.leg.key)
    return worked(
        _title(scene, outcome.leg.key, "Extrinsic value"), "max(m-i,0)", (mark, inside),
        outcome.extrinsic, Unit.PRICE, ref=leg_ref(outcome, "extrinsic"),
    )  # fmt: skip


def shares(scene: Scene, outcome: Outcome) -> Worked:
    """Units of the underlying that are delivered; none where it expires or is paid in cash."""
    title, ref = _title(scene, outcome.leg.key, "Shares"), leg_ref(outcome, "shares")
    if outcome.fate not in (Fate.EXERCISED, Fate.ASSIGNED):
        return given(title, outcome.shares, Unit.QUANTITY, f"it {outcome.fate.value}", ref=ref)
    units = Input("d", "Units delivered by one contract", outcome.leg.delivered, "the contract")
    expression = "q*d" if outcome.leg.form is Form.CALL else "-q*d"
    inputs = (_quantity(outcome), units)
    return worked(title, expression, inputs, outcome.shares, Unit.QUANTITY, ref=ref)


def cash(scene: Scene, outcome: Outcome) -> Worked:
    """Cash that the end of the leg moves: the strike for what is delivered, or the difference."""
    title, ref = _title(scene, outcome.leg.key, "Cash"), leg_ref(outcome, "cash")
    if not outcome.cash:
        return given(title, outcome.cash, Unit.SIGNED, f"it {outcome.fate.value}", ref=ref)
    money = Input("M", "Money per point", outcome.leg.multiplier, BROKER)
    if outcome.leg.settlement is Settlement.CASH:
        inside = Input("i", "In the money", outcome.in_the_money, "worked out", None, Unit.PRICE)
        inputs = (_quantity(outcome), inside, money)
        return worked(title, "q*i*M", inputs, outcome.cash, Unit.SIGNED, ref=ref)
    expression = "-q*K*M" if outcome.leg.form is Form.CALL else "q*K*M"
    inputs = (_quantity(outcome), _strike(outcome), money)
    return worked(title, expression, inputs, outcome.cash, Unit.SIGNED, ref=ref)


def quantity(scene: Scene, outcome: Outcome) -> Worked:
    title, ref = _title(scene, outcome.leg.key, "Contracts"), leg_ref(outcome, "quantity")
    return given(title, outcome.leg.quantity, Unit.QUANTITY, BROKER, ref=ref)


LEG = {
    "quantity": quantity, "itm": in_the_money, "extrinsic": extrinsic, "shares": shares,
    "cash": cash,
}  # fmt: skip


# --- An underlying of an account ------------------------------------------------------------------


def _held(view: AccountView) -> Worked:
    title = f"{view.underlying} held before"
    return given(title, view.shares_before, Unit.QUANTITY, "positions, by the broker")


def before(scene: Scene, view: AccountView) -> Worked:
    return _held(view)


def after(scene: Scene, view: AccountView) -> Worked:
    terms = [_held(view), *(shares(scene, outcome) for outcome in view.outcomes)]
    title, ref = f"{view.underlying} held after", view_ref(view, "after")
    return added(title, terms, view.shares_after, Unit.QUANTITY, ref=ref)


def view_cash(scene: Scene, view: AccountView) -> Worked:
    terms = [cash(scene, outcome) for outcome in view.outcomes]
    title, ref = f"Cash by expirations in {view.underlying}", view_ref(view, "cash")
    return added(title, terms, view.cash, Unit.SIGNED, ref=ref)


def uncovered(scene: Scene, view: AccountView) -> Worked:
    """Units owed by short calls that stay, beyond shares and long calls at hand."""
    ended = {outcome.leg.key for outcome in view.outcomes}
    calls = [
        item.expiring
        for item in scene.legs
        if item.expiring.account == view.account
        and item.expiring.underlying == view.underlying
        and item.expiring.form is Form.CALL
        and item.expiring.key not in ended
    ]
    short = sum((-leg.quantity * leg.delivered for leg in calls if leg.quantity < 0), Decimal(0))
    long = sum((leg.quantity * leg.delivered for leg in calls if leg.quantity > 0), Decimal(0))
    inputs = (
        Input("o", "Units owed by short calls that stay", short, "positions, by the broker"),
        Input("a", "Units held after", view.shares_after, "worked out"),
        Input("l", "Units that long calls can call", long, "positions, by the broker"),
    )
    return worked(
        f"Uncovered in {view.underlying}", "max(0,o-max(a,0)-l)", inputs, view.uncovered,
        Unit.QUANTITY, ref=view_ref(view, "uncovered"),
    )  # fmt: skip


VIEW = {"before": before, "after": after, "cash": view_cash, "uncovered": uncovered}


# --- Dividends ------------------------------------------------------------------------------------


def of_dividend(scene: Scene, risk: DividendRisk, name: str) -> Worked:
    """`dividend` a share, `left` the extrinsic value, `owed` what would be missed in money."""
    key = risk.leg.key
    share = Input("D", "Dividend a share", risk.dividend, "market metrics, by the broker")
    if name == "dividend":
        title = f"Dividend of {risk.leg.underlying}"
        return given(title, risk.dividend, Unit.PRICE, share.source)
    if name == "left":
        inputs = (
            _mark(scene, key),
            _spot(scene, risk.leg.underlying),
            Input("K", "Strike", risk.leg.strike, "the contract", None, Unit.PRICE),
        )
        title = _title(scene, key, "Extrinsic value")
        return worked(title, "max(0,m-max(0,S-K))", inputs, risk.extrinsic, Unit.PRICE)
    inputs = (
        Input("q", "Contracts, signed", risk.leg.quantity, BROKER),
        Input("d", "Units delivered by one contract", risk.leg.delivered, "the contract"),
        share,
    )
    return worked(_title(scene, key, "Dividend owed"), "-q*d*D", inputs, risk.cost, Unit.MONEY)
