"""A nurse with a tablet: a column that begins with the last one's words, the sheet to sign, a wound with a photograph."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.bedside import services
from encounters.bedside.models import CareColumn, WoundPhoto
from encounters.bedside.pictures import clean_picture
from tests.encounters.bedside.rows import photograph
from tests.encounters.bedside.world import care, make_world
from tests.encounters.visits.ward import ago

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
TABLET = {"width": 1024, "height": 768}


def test_a_column_its_sheet_and_a_wound(
    page: Page, live_server: Any, client: Client, screenshots: Path, tmp_path: Path
) -> None:
    call_command("load_bedside_forms", verbosity=0)
    an, binh, stay = make_world(ago(hours=3))
    care(stay, an)
    items = {"skin": "Hồng", "mobility": "Tự đi lại", "intervention": "Xoay trở"}
    told = {"encounter": stay, "level": "2", "items": items, "key": uuid.uuid4(), "by": binh}
    services.write_column(**told, happened_at=ago(hours=1))
    wound = services.find_wound(encounter=stay, kind="pressure", site="heel", by=binh, key=uuid.uuid4())
    services.assess_wound(
        wound=wound, by=binh, key=uuid.uuid4(), happened_at=ago(hours=2), length_mm=45, width_mm=30,
        photos=[clean_picture(photograph(400, 300))],
    )  # fmt: skip
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    page.set_viewport_size(TABLET)
    page.goto(f"{live_server.url}/bedside/patient/{stay.uuid}/care/")
    page.get_by_role("link", name="Cột mới").click()
    expect(page.get_by_label("Da, niêm mạc")).to_have_value("Hồng")
    page.get_by_label("Tinh thần").fill("Tỉnh, tiếp xúc tốt")
    page.screenshot(path=screenshots / "care-write.png", full_page=True)
    page.get_by_role("checkbox", name="Vỗ rung").check()
    page.keyboard.press("F9")
    expect(page.locator(".care-grid thead")).to_contain_text("Trần Thị Bình")
    assert CareColumn.objects.order_by("pk").last().copied == ["skin", "mobility"]
    page.get_by_role("button", name="Lập phiếu để ký").first.click()
    expect(page.locator(".care-grid thead")).to_contain_text("chờ ký")
    for size, name in ((TABLET, "care-tablet"), ({"width": 1366, "height": 768}, "care-ward-pc")):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name  # the columns scroll, the page doesn't
        page.screenshot(path=screenshots / f"{name}.png", full_page=True)

    picture = tmp_path / "vet-thuong.jpg"
    picture.write_bytes(photograph(800, 600))
    page.goto(f"{live_server.url}/bedside/wounds/{wound.uuid}/")
    page.get_by_label("Dài (cm)").fill("4")
    page.get_by_label("Rộng (cm)").fill("2,5")
    page.get_by_label("Ảnh chụp").set_input_files(picture)
    page.keyboard.press("F9")
    expect(page.get_by_text("4 × 2,5 cm")).to_be_visible()
    assert WoundPhoto.objects.count() == 2
    page.get_by_role("link", name="So sánh hai ngày").click()
    shown = page.locator(".wound-pair img")
    expect(shown).to_have_count(2)
    for number in range(2):
        expect(shown.nth(number)).to_have_js_property("complete", True)
        assert shown.nth(number).evaluate("picture => picture.naturalWidth") > 0
    page.screenshot(path=screenshots / "wound-compare.png", full_page=True)
