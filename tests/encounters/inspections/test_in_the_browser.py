"""The planning office prepares, the director approves, the auditor reads under a watermark, the mandate ends (R-28)."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from emr.common.clock import now
from encounters.inspections import services
from encounters.inspections.models import Mandate
from tests.emr.people import make_an
from tests.encounters.inspections.letters import make_ha, make_lan, make_tung, signed_document
from tests.support.browser import follow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def hall(chromium: Any, live_server: Any) -> Any:
    """Each person at a browser of their own."""
    contexts = []

    def come_in(user: User) -> Page:
        context = chromium.new_context(
            viewport={"width": 1366, "height": 768}, locale="vi-VN", base_url=live_server.url
        )
        contexts.append(context)
        page: Page = context.new_page()
        page.goto("/")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", "benhanmo")
        page.press("[name=password]", "Enter")
        page.wait_for_selector(".home-grid")
        return page

    yield come_in
    for context in contexts:
        context.close()


def test_a_letter_from_the_post_to_the_last_minute(hall: Any, screenshots: Path) -> None:
    document = signed_document(make_an())
    stay, patient = document.encounter, document.patient
    tung, ha, lan = make_tung(), make_ha(), make_lan()

    office = hall(tung)
    office.screenshot(path=screenshots / "inspection-home.png")
    follow(office, "/inspections/")
    office.click("a[href='/inspections/prepare/']")
    begins, ends = now() - dt.timedelta(minutes=5), now() + dt.timedelta(days=2)
    for name, value in {
        "organisation": "Bảo hiểm xã hội tỉnh Hà Giang",
        "letter_number": "118/BHXH-GĐ",
        "letter_on": f"{begins + dt.timedelta(hours=7):%d/%m/%Y}",
        "received_on": f"{begins + dt.timedelta(hours=7):%d/%m/%Y}",
        "purpose": "Giám định chi phí",
        "starts_at": f"{begins + dt.timedelta(hours=7):%d/%m/%Y %H:%M}",
        "ends_at": f"{ends + dt.timedelta(hours=7):%d/%m/%Y %H:%M}",
    }.items():
        office.fill(f"[name={name}]", value)
    office.select_option("[name=body]", "social-insurance")
    office.get_by_label("Vũ Thị Lan").check()
    office.screenshot(path=screenshots / "inspection-letter.png", full_page=True)
    office.keyboard.press("F9")
    office.wait_for_selector("#q")
    office.fill("#q", patient.identifiers.get().value)
    office.press("#q", "Enter")
    office.select_option("#found select", str(stay.uuid))
    office.click("#found button")
    expect(office.locator("table").first).to_contain_text(stay.identifier)
    mandate = Mandate.objects.get()
    expect(office.locator(f"form[action$='{mandate.uuid}/approve/']")).to_have_count(0)
    office.screenshot(path=screenshots / "inspection-mandate.png", full_page=True)

    director = hall(ha)
    director.goto("/")
    director.click(f"a[href='/inspections/{mandate.uuid}/']")
    director.get_by_role("button", name="Duyệt").click()
    expect(director.locator("#messages")).to_contain_text("Đã duyệt")

    reader = hall(lan)
    expect(reader.locator("#patient-search")).to_have_count(0)
    reader.click(f"a[href='/encounters/{stay.uuid}/']")
    line = reader.locator(".reader-mark-line")
    expect(line).to_contain_text("Vũ Thị Lan")
    expect(line).to_contain_text("118/BHXH-GĐ")
    # It lies over the page and lets every click through.
    reader.click(f"a[href='/encounters/{stay.uuid}/documents/']")
    reader.screenshot(path=screenshots / "inspection-reading.png")
    reader.click(f"a[href='/documents/{document.uuid}/']")
    reader.wait_for_selector("[data-pdf-pages] canvas")
    expect(reader.locator("[data-pdf-pages]")).not_to_have_attribute("aria-busy", "true")
    reader.screenshot(path=screenshots / "inspection-document.png")
    # On paper nothing of it appears.
    reader.emulate_media(media="print")
    expect(reader.locator("#patient-banner")).to_be_hidden()
    reader.emulate_media(media="screen")

    services.withdraw_mandate(mandate=mandate, reason="Cơ quan rút yêu cầu", by=tung)
    # The page that is open asks by itself; here at once instead of within twenty seconds.
    reader.evaluate(
        "htmx.ajax('GET', document.querySelector('#reader-mark').getAttribute('hx-get'), '#reader-mark')"
    )
    reader.wait_for_url("**/")
    expect(reader.locator("main")).to_contain_text("Không có phiếu nào đang hiệu lực")
    assert reader.goto(f"/encounters/{stay.uuid}/").status == 404  # type: ignore[union-attr]
    expect(reader.locator("body")).not_to_contain_text(patient.full_name.upper())
