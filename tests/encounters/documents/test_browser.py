"""A doctor confirms an entry while it is being saved, and prints the treatment sheets."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import APIResponse, Page, Route, expect

from emr.accounts.models import User
from encounters.documents.models import CoursePrint
from encounters.documents.services import save_draft
from tests.encounters import chart
from tests.encounters.documents.entries import write
from tests.encounters.visits.ward import ago

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Page, client: Client, user: User, url: str) -> None:
    client.force_login(user)
    page.context.add_cookies(
        [{"name": name, "value": morsel.value, "url": url} for name, morsel in client.cookies.items()]
    )


def test_who_confirms_while_a_save_is_under_way_is_not_in_conflict_with_themselves(
    page: Page, live_server: Any, client: Client
) -> None:
    an, stay = chart.make_stay()
    entry = chart.begin(stay, an)
    save_draft(document=entry, fields=chart.written(entry, "Người bệnh"), revision=1, by=an)
    sign_in(page, client, an, live_server.url)
    page.goto(f"{live_server.url}/documents/{entry.uuid}/")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/draft", lambda route: held.append((route, route.fetch())))
    course = page.locator("[name='a/course.text/0']")
    course.press("End")
    course.press_sequentially(" tỉnh", delay=20)
    expect(page.locator("[data-save-state]").first).to_have_attribute("data-state", "typed")
    while not held:  # the server has saved, the page hasn't been told
        page.wait_for_timeout(50)
    course.press_sequentially(", hết sốt.", delay=20)
    page.keyboard.press("F9")
    page.keyboard.press("F9")
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(page.get_by_role("button", name="Sửa đổi", exact=True)).to_be_visible()
    version = entry.versions.get()
    assert "Người bệnh tỉnh, hết sốt." in str(version.response.resource)


def test_the_sheets_are_asked_for_called_off_and_made_after_all(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, stay = chart.make_stay(at=ago(days=3), late_reason="Nhập lại")
    for days in (2, 1):
        write(stay, an, f"Trước {days} ngày.", happened_at=ago(days=days), late_reason="Mất điện")
    chart.deliver_all()
    sign_in(page, client, an, live_server.url)
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
