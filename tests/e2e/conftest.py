"""Browser tests against one whole desk per session: real processes, nothing replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

from embedded import browser
from tests.e2e.live_desk import LiveDesk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    """The running desk; its user and password stand in `desk.facts`."""
    live = LiveDesk(tmp_path_factory.mktemp("desk"))
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="session")
def base_url(desk: LiveDesk) -> str:
    return desk.address


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **browser.launch_options()}


@pytest.fixture(autouse=True)
def nothing_broke_in_the_page(request: pytest.FixtureRequest) -> Iterator[None]:
    """Script errors and refused resources (CSP) fail the test that met them."""
    if "context" not in request.fixturenames:
        yield
        return
    context: BrowserContext = request.getfixturevalue("context")
    broken: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    def on_error(error: WebError) -> None:
        broken.append(str(error.error))

    context.on("console", on_console)
    context.on("weberror", on_error)
    yield
    assert not broken


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(desk: LiveDesk) -> SignIn:
    """sign_in(page) as the demo's user, or sign_in(page, username, password)."""

    def go(page: Page, username: str | None = None, password: str | None = None) -> Page:
        page.goto(f"{desk.address}/sign-in/login/")
        page.locator("input[name=login]").fill(username or desk.facts["username"])
        page.locator("input[name=password]").fill(password or desk.facts["password"])
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    return go


@pytest.fixture
def signed_in(page: Page, sign_in: SignIn) -> Page:
    """A page of the demo's user."""
    return sign_in(page)
