"""No secret that was used stands in a log, the database, a page or an error."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk

PAGES = ("/", "/positions/", "/orders/", "/orders/?tab=history", "/trade/", "/connections/",
         "/connections/new/", "/notices/", "/settings/", "/no-such-page/")  # fmt: skip


def secrets_of(desk: LiveDesk, page: Page) -> dict[str, str]:
    """Everything that must stay where it is, by name."""
    simulator, environment = desk.facts["simulator"], desk.facts["environment"]
    keys = json.loads((desk.data / "keys.json").read_text())
    known = {
        "client secret": simulator["client_secret"],
        "refresh token": simulator["refresh_token"],
        "password": desk.facts["password"],
        "session": next(
            cookie["value"] for cookie in page.context.cookies() if "session" in cookie["name"]
        ),
        **{f"key {name}": value for name, value in keys.items() if isinstance(value, str)},
        **{
            name: environment[name]
            for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
            if environment.get(name)
        },
    }
    assert all(len(value) >= 8 for value in known.values()), "a secret too short to search for"
    return known


def access_tokens(desk: LiveDesk) -> dict[str, str]:
    """Those that the desk holds now, as the mirror decrypts them."""
    script = (
        "import json; from brokerage.models import Connection; print(json.dumps({f'access {c.pk}':"
        " str(c.access_token) for c in Connection.objects.all() if c.access_token}))"
    )
    return dict(json.loads(desk.manage("shell", "--no-imports", "-c", script).splitlines()[-1]))


def leaks(where: str, text: str, known: dict[str, str]) -> list[str]:
    return [f"{name} in {where}" for name, value in known.items() if value in text]


def dump(desk: LiveDesk) -> str:
    """The whole database as text: every row of every table."""
    script = (
        "from django.db import connection as c\n"
        "cursor = c.cursor()\n"
        "for table in c.introspection.table_names(cursor):\n"
        "    cursor.execute(f'SELECT t::text FROM \"{table}\" t')\n"
        "    [print(table, row[0]) for row in cursor]\n"
    )
    return desk.manage("shell", "--no-imports", "-c", script)


def provoke(desk: LiveDesk, page: Page) -> list[str]:
    """Errors of every kind that people meet; the pages that told of them."""
    grant = trading.control(desk, "tokens", action="new-grant")
    page.goto(f"{desk.address}/connections/new/")
    page.get_by_role("radio", name=re.compile("simulator", re.IGNORECASE)).check()
    page.get_by_label("Client secret").fill(desk.facts["simulator"]["client_secret"] + "!")
    page.get_by_label("Refresh token").fill(grant["refresh_token"])
    page.get_by_role("button", name="Test and connect").click()
    told = [page.content()]
    for name in ("expire-access", "expire-quote"):
        trading.control(desk, "tokens", action=name)
    page.goto(f"{desk.address}/connections/")
    page.get_by_role("button", name="Check").first.click()
    told.append(page.content())
    return told


def test_no_secret_is_found_anywhere(signed_in: Page, desk: LiveDesk) -> None:
    known = secrets_of(desk, signed_in) | access_tokens(desk)
    assert any(name.startswith("access") for name in known)
    found = []
    for number, text in enumerate(provoke(desk, signed_in)):
        found += leaks(f"error page {number}", text, known)
    for path in PAGES:
        signed_in.goto(f"{desk.address}{path}")
        found += leaks(path, signed_in.content(), known)
    known |= access_tokens(desk)
    rows = dump(desk)
    # The session's row is the one place where its key may stand, and the cache's copy is not SQL.
    kept = "\n".join(line for line in rows.splitlines() if not line.startswith("django_session "))
    assert "brokerage_connection" in kept
    found += leaks("the database", kept, known)
    for log in [*desk.logs.glob("*"), desk.output]:
        text = log.read_text(errors="replace")
        # The demo prints its own sign-in for the person who started it.
        text = text.replace(f"with the password  {known['password']}", "")
        found += leaks(log.name, text, known)
    assert not found
