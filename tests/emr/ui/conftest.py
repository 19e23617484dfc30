"""Two browsers: Debian's of today, and the Chromium 109 that Windows 7 ends with. A signed-in page in each."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from django.test import Client

from tests.emr.people import make_an
from tests.emr.ui import bench
from tests.support.browser import FLAGS, WARD_PC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def oldest_chromium() -> Path:
    """Chromium 109 unpacked from its npm package, once a machine."""
    program = ROOT / "var" / "chromium-109" / "chromium"
    if not program.exists():
        assert PACKAGE.exists(), "node_modules/@sparticuz/chromium is missing. Type: make assets"
        program.parent.mkdir(parents=True, exist_ok=True)
        libraries = program.with_name("swiftshader.tar")
        libraries.write_bytes(brotli.decompress((PACKAGE / "swiftshader.tar.br").read_bytes()))
        with tarfile.open(libraries) as archive:
            archive.extractall(program.parent, filter="data")
        unfinished = program.with_name(f"chromium.{os.getpid()}")
        unfinished.write_bytes(brotli.decompress((PACKAGE / "chromium.br").read_bytes()))
        unfinished.chmod(0o755)
        unfinished.replace(program)
    return program


@pytest.fixture(scope="session")
def chromium_109(chromium: Browser) -> Iterator[Browser]:
    """The oldest browser that we promise to work in."""
    browser = chromium.browser_type.launch(
        executable_path=str(oldest_chromium()), args=[*FLAGS, "--headless"]
    )
    assert browser.version.startswith("109.")
    yield browser
    browser.close()


@pytest.fixture(params=["today", "109"])
def engine(request: pytest.FixtureRequest) -> Browser:
    """Each browser in turn."""
    name = "chromium" if request.param == "today" else "chromium_109"
    browser: Browser = request.getfixturevalue(name)
    return browser


@pytest.fixture
def bench_server() -> bench.Server:
    """The fake draft endpoint in its first state."""
    bench.server = bench.Server()
    return bench.server


def open_page(context: BrowserContext) -> Page:
    """A page on which a script error or a refused inline script or style fails the test."""
    context.set_default_timeout(8_000)
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: "Content Security" in message.text and trouble.append(message.text))
    page.trouble = trouble  # type: ignore[attr-defined]
    return page


def sign_in(context: BrowserContext, server: LiveServer, user: Any) -> None:
    """A session without the sign-in page."""
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    cookies = [
        {"name": name, "value": morsel.value, "url": server.url} for name, morsel in client.cookies.items()
    ]
    context.add_cookies(cookies)  # type: ignore[arg-type]


@pytest.fixture
def ward_page(engine: Browser, live_server: LiveServer, bench_server: bench.Server) -> Iterator[Page]:
    """A page of An's on a ward PC, in each browser."""
    context = engine.new_context(
        viewport=WARD_PC, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", base_url=live_server.url
    )
    sign_in(context, live_server, make_an())
    page = open_page(context)
    yield page
    assert not page.trouble, page.trouble  # type: ignore[attr-defined]
    context.close()
