"""The records office has a record's file made and checked, and asks for an extract that the planning office approves."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from encounters.bundles.models import RecordExtract
from tests.encounters.bundles.rows import make_all, make_record
from tests.encounters.bundles.test_extracts import clerk, planner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def _come_in(page: Page, live_server: Any, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )


def test_a_record_becomes_a_file_and_an_extract_is_approved(
    page: Page, live_server: Any, screenshots: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.EMR_HOME = tmp_path
    _an, stay, _entries = make_record(signed=1, unsigned=2)
    by, boss = clerk(), planner()
    page.set_viewport_size({"width": 1366, "height": 768})
    _come_in(page, live_server, by)
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/bundle/")
    page.locator("form[action$='/bundle/ask'] button").click()
    expect(page.locator("#bundle [hx-get], #bundle form[action$='/cancel']").first).to_be_visible()
    make_all()
    expect(page.locator("#bundle a[href$='/pdf']")).to_be_visible(timeout=20_000)
    page.locator("#bundle form[action$='/check'] button").click()
    expect(page.locator("#checked .alert-done")).to_be_visible(timeout=60_000)
    page.screenshot(path=screenshots / "bundles-page.png")
    page.locator("a[href$='/bundle/extract']").click()
    page.locator("[name=receiver]").fill("Tòa án nhân dân khu vực 1")
    page.locator("[name=purpose]").fill("Giải quyết vụ án dân sự")
    page.locator("[name=whole]").first.check()
    page.screenshot(path=screenshots / "bundles-ask.png")
    page.keyboard.press("F9")
    page.wait_for_url("**/bundles/extracts/*/")
    assert page.locator("[name=approve]").count() == 0, "nobody approves what they asked for"
    address = page.url
    _come_in(page, live_server, boss)
    page.goto(f"{live_server.url}/bundles/extracts/")
    page.screenshot(path=screenshots / "bundles-desk.png")
    page.locator("table a").first.click()
    assert page.url == address
    page.locator("[name=approve]").click()
    expect(page.locator("#extract-file")).to_be_visible()
    make_all()
    expect(page.locator("#extract-file a[href$='/pdf']")).to_be_visible(timeout=20_000)
    page.screenshot(path=screenshots / "bundles-extract.png")
    assert RecordExtract.objects.get().decided_by == boss
