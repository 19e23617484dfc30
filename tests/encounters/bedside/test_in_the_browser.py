"""A nurse's round in the browser: scan, tick, lose the line, tick on; everything arrives once with its true time (F-20)."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.dateparse import parse_datetime
from playwright.sync_api import Page, expect

from encounters.bedside import services
from encounters.bedside.models import Execution, WardPack
from patients.registry.models import Identifier
from tests.encounters.bedside.world import care, make_thu, make_world, neighbour, tick
from tests.encounters.visits.ward import ago, department

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
SAID_WITHIN = 10_000  # milliseconds


def scan(page: Page, code: str) -> None:
    page.keyboard.type(code, delay=5)
    page.keyboard.press("Enter")


def test_a_round_with_a_lost_line(
    page: Page, live_server: Any, client: Client, screenshots: Path, tmp_path: Path
) -> None:
    an, binh, stay = make_world(ago(hours=2))
    hoa = neighbour(bed="02", since=ago(hours=2))
    first, second, third = (
        care(stay, an, text, category="monitoring") for text in ("Chăm sóc cấp I", "Xoay trở", "Vỗ rung")
    )
    services.set_precaution(encounter=stay, kind="fall", by=binh)
    thu = make_thu()
    number = Identifier.objects.get(patient=stay.patient, is_own=True).value
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    page.goto(f"{live_server.url}/bedside/")
    expect(page.locator(".bed-row")).to_have_count(2)
    page.screenshot(path=screenshots / "bedside-ward.png", full_page=True)

    scan(page, number)
    expect(page.locator(".alert-done").first).to_contain_text(stay.patient.full_name.upper())
    row = page.locator("li.task")
    row.filter(has_text="Chăm sóc cấp I").get_by_role("button", name="Đã làm").click()
    expect(row.filter(has_text="Chăm sóc cấp I").locator(".badge-success")).to_be_visible()
    assert Execution.objects.get().order == first

    scan(page, hoa.identifier)
    expect(page.locator(".alert-interrupt")).to_contain_text("SAI NGƯỜI BỆNH")
    expect(page.locator("form[data-entry] .task-tick")).to_have_count(0)
    page.screenshot(path=screenshots / "bedside-wrong-patient.png", full_page=True)
    scan(page, number)
    expect(page.locator(".task-tick")).to_have_count(2)

    # The server is there, its answers are not: nothing says "offline" but the silence.
    page.route("**/*", lambda route: route.abort())
    expect(page.get_by_text("Mất kết nối.")).to_be_visible(timeout=SAID_WITHIN)
    for words in ("Xoay trở", "Vỗ rung"):
        row.filter(has_text=words).locator(".task-tick").click()
        expect(row.filter(has_text=words)).to_contain_text("Đang giữ trên máy")
    assert Execution.objects.count() == 1
    page.screenshot(path=screenshots / "bedside-line-lost.png", full_page=True)
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "bedside" in kept
    assert "Xoay" not in kept  # encrypted

    # Meanwhile the head nurse does one of the two herself.
    shown = page.locator("[data-task]").filter(has_text="Vỗ rung").get_attribute("data-task") or ""
    slot = parse_datetime(shown.split("/", 1)[1])
    assert slot is not None
    tick(third, slot, thu)
    page.unroute("**/*")
    expect(page.get_by_text("Mất kết nối.")).to_be_hidden(timeout=SAID_WITHIN)
    expect(row.filter(has_text="Xoay trở").locator(".badge-success")).to_be_visible()
    sent = Execution.objects.get(order=second)
    assert sent.performer == binh
    assert sent.happened_at < sent.created_at
    # The other one was refused, and stays in sight until it is put away: never dropped unread (F-22).
    refused = page.locator("[data-line-refused] li")
    expect(refused).to_contain_text("Phạm Thị Thu")
    refused.get_by_role("button").click()
    expect(page.locator("[data-line]")).to_be_hidden()
    assert Execution.objects.count() == 3

    # The whole server is off: the pack opens from the PC's own disk, with the ward's code alone (F-33).
    _row, code = services.set_ward_code(department=department(), by=thu)
    pack = tmp_path / "goi-du-phong.html"
    pack.write_bytes(bytes(WardPack.objects.get().content))
    page.goto(pack.as_uri())
    expect(page.locator("#age")).to_contain_text("cách đây 0 phút")
    page.fill("#code", "AAAA-BBBB-CCCC-DDDD")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Mã không đúng")
    expect(page.locator("body")).not_to_contain_text("TRẦN THỊ HOA")
    page.fill("#code", code.lower())
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_contain_text("TRẦN THỊ HOA")
    page.screenshot(path=screenshots / "bedside-pack.png", full_page=True)
