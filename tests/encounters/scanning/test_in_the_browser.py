"""Bình photographs a signed page and files it in three clicks; Hoa looks at it beside its data and accepts it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from encounters.scanning.models import Paper
from signatures.providers.services import issue_demo_seal
from tests.budgets.hand import at_home
from tests.emr.people import make_binh, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.scanning.sheets import jpeg, page_with
from tests.encounters.visits.ward import department

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_filed_in_three_clicks_and_accepted(
    page: Any, live_server: Any, screenshots: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.EMR_HOME = tmp_path
    _an, stay = make_stay()
    issue_demo_seal(facility=stay.facility)
    photograph = tmp_path / "anh.jpg"
    photograph.write_bytes(jpeg(page_with()))
    hand = at_home(page, live_server, make_binh(department()))
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/scans/?code=40/BV2")
    expect(page.locator("#scan-code")).to_have_value("40/BV2")
    before = hand.clicks
    with page.expect_file_chooser() as chooser:
        hand.click(page.locator("#scan-camera"))
    chooser.value.set_files(photograph)
    hand.click(page.locator(".scan-upload [type=submit]"))
    expect(page.locator("#scan-running .badge")).to_be_visible()
    deliver_all()
    # The page finds out by itself; the link of the gap, the field, the button: three clicks.
    row = page.locator("table tbody tr")
    expect(row).to_contain_text("40/BV2")
    assert hand.clicks - before + 1 <= 3
    expect(row.locator("img")).to_be_visible()
    page.screenshot(path=screenshots / "scanning-chart.png")
    paper = Paper.objects.get()

    head = make_user("hoa", "Ngô Thị Hoa", "head_nurse", department())
    page.context.clear_cookies()
    at_home(page, live_server, head)
    page.goto(f"{live_server.url}/scanning/")
    page.screenshot(path=screenshots / "scanning-desk.png")
    page.locator("button[value=to_check]").click()
    page.locator(f"a[href*='{paper.uuid}']").click()
    picture = page.locator(".scan-sheet img").first
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.scan-sheet img').naturalWidth > 500")
    page.screenshot(path=screenshots / "scanning-paper.png")
    page.keyboard.press("F9")
    expect(page.locator("#scan-sealing")).to_be_visible()
    deliver_all()
    expect(page.locator("[data-pdf][data-state=shown] canvas").first).to_be_visible()
    page.screenshot(path=screenshots / "scanning-sealed.png")
    paper.refresh_from_db()
    assert (paper.status, paper.checked_by) == ("sealed", head)
