"""A doctor closes a complete record with two clicks from home (ux.md, row 10), the head takes it over."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.records.models import RecordEvent
from encounters.visits.models import Encounter
from tests.encounters.records.world import left, person
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


class Counted:
    """Clicks of the person, counted."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, place: Any) -> None:
        place.click()
        self.clicks += 1


def test_two_clicks_close_a_complete_record(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    stay = left(days=2)
    counted = Counted()
    come_in(page, client, person("an"), live_server.url)
    page.goto(live_server.url)
    counted.click(page.locator(f"a[href='/records/{stay.uuid}/']").first)
    button = page.get_by_role("button", name="Hoàn tất hồ sơ")
    expect(button).to_be_visible()
    page.screenshot(path=screenshots / "records-open.png", full_page=True)
    counted.click(button)
    expect(page.locator(".page-head .badge-info")).to_have_text("Bác sĩ đã hoàn tất")
    assert counted.clicks == 2
    assert Encounter.objects.get().record_state == "completed"

    come_in(page, client, person("hoa"), live_server.url)
    page.goto(f"{live_server.url}/records/{stay.uuid}/")
    page.get_by_role("button", name="Trả lại bác sĩ").first.click()
    page.locator("#reason-give_back").fill("Thiếu sơ kết 15 ngày")
    page.screenshot(path=screenshots / "records-give-back.png", full_page=True)
    page.locator("#step-give_back button[type=submit]").click()
    expect(page.locator(".page-head .badge-warning")).to_have_text("Trả lại kèm lỗi")
    assert RecordEvent.objects.latest("pk").reason == "Thiếu sơ kết 15 ngày"
    page.goto(f"{live_server.url}/records/")
    expect(page.locator("#record-list")).to_be_visible()
    page.screenshot(path=screenshots / "records-list.png", full_page=True)
