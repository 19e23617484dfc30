"""A doctor prints the treatment sheets: asks, calls off, asks again, sees them come."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.documents.models import CoursePrint
from tests.encounters import chart
from tests.encounters.documents.entries import write
from tests.encounters.visits.ward import ago

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_the_sheets_are_asked_for_called_off_and_made_after_all(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, stay = chart.make_stay(at=ago(days=3), late_reason="Nhập lại")
    for days in (2, 1):
        write(stay, an, f"Trước {days} ngày.", happened_at=ago(days=days), late_reason="Mất điện")
    chart.deliver_all()
    client.force_login(an)
    page.context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in client.cookies.items()
        ]
    )
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/course/")
    page.get_by_role("button", name="In tờ điều trị").click()
    page.select_option("[name=first]", index=2)
    page.get_by_role("button", name="Tạo bản in").click()
    state = page.locator("#course-print")
    expect(state).to_contain_text("Đang chờ đến lượt")
    page.get_by_role("button", name="Hủy in").click()
    expect(state).to_contain_text("Đã hủy bản in này.")
    page.get_by_role("button", name="Tạo lại bản in").click()
    expect(state).to_contain_text("Đang chờ đến lượt")
    chart.deliver_all()
    # The page notices by itself.
    expect(page.locator("[data-pdf][data-state=shown] canvas").first).to_be_visible(timeout=30_000)
    page.screenshot(path=screenshots / "treatment-sheets.png")
    made = CoursePrint.objects.get()
    assert (made.status, len(made.content["sheets"][0]["entries"])) == ("ready", 1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải về").click()
    assert download.value.suggested_filename == f"36-BV2-{stay.identifier}-{made.digest[:12]}.pdf"
