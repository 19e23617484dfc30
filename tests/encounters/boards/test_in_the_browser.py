"""From home the director reads the morning, finds who died with two clicks, and opens a book."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.boards.periods import briefing_day
from encounters.visits.details import DeathDetails
from tests.encounters.boards.world import make_ha
from tests.encounters.visits.ward import admit, discharge
from tests.patients.people import make_patient
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_two_clicks_from_home_say_who_died(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    ha = make_ha()
    day = briefing_day(ha.facility_id)
    stay = admit(make_patient(), at=day.start - dt.timedelta(hours=9), late_reason="Nhập lại")
    died = day.start + dt.timedelta(hours=1)
    discharge(
        stay,
        outcome="5",
        at=died,
        death=DeathDetails(died_at=died),
        disposition="home",
        late_reason="Nhập lại",
    )
    come_in(page, client, ha, live_server.url)
    page.goto(live_server.url)
    page.get_by_role("link", name="Theo khoa").click()
    table = page.locator(".board-numbers")
    expect(table).to_contain_text("Khoa Nội")
    page.screenshot(path=screenshots / "boards-briefing.png", full_page=True)
    number = table.locator("a[href^='/boards/patients/died/']").first
    box = number.bounding_box()
    assert box is not None and box["width"] >= 24 and box["height"] >= 24
    number.click()
    expect(page.locator(".row-link")).to_have_text("NGUYỄN THỊ ĐÀO")
    page.goto(f"{live_server.url}/boards/books/deaths/")
    page.locator("#book-first").fill(f"{day.day - dt.timedelta(days=3):%d/%m/%Y}")
    page.keyboard.press("F9")
    expect(page.locator("th.name a")).to_have_text("NGUYỄN THỊ ĐÀO")
    page.screenshot(path=screenshots / "boards-book.png", full_page=True)
