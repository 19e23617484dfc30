"""Chromium for the journeys: Debian's own, driven by Playwright, against pytest-django's live server."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.services import tool

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE = 20_000  # ms
WARD_PC = {"width": 1366, "height": 768}


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """One browser a worker."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415

    # The same engine without what draws windows: a third of the processor time.
    program = tool("chromium-headless-shell", "chromium-headless-shell")
    # Playwright's sync API runs a loop in this thread, which Django would take for an async caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # How long a busy machine may take until what must be there is there; nothing waits longer than it has to.
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_context(chromium: "Browser") -> "Iterator[BrowserContext]":
    """A fresh Vietnamese profile at the size of a ward PC."""
    context = chromium.new_context(
        viewport=WARD_PC, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", accept_downloads=True
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: "BrowserContext") -> "Iterator[Page]":
    """A page whose script errors fail the test."""
    page = browser_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors, f"the page's scripts failed: {errors}"


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Where a test may leave pictures: var/screenshots (not in git)."""
    folder = request.config.rootpath / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def follow(page: "Page", address: str) -> None:
    """Go there by the main menu, whether the link fits into the bar or stands under "More" once the bar is laid out."""
    page.wait_for_load_state("load")
    link = page.locator(f"#main-nav a[href='{address}']")
    if not link.is_visible():
        page.locator("[data-nav-toggle]").click()
    link.click()
    page.wait_for_url(f"**{address}")


def come_in(page: "Page", client: "Client", user: Any, address: str) -> None:
    """The browser holds this person's session from now on, and nobody else's."""
    client.force_login(user)
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": name, "value": held.value, "url": address} for name, held in client.cookies.items()]
    )
