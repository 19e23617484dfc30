"""At the office, in Chromium: an account in five fields, a list in three clicks, a leaver in one (ux budgets)."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from emr.accounts.models import User
from emr.common import sheets
from emr.staff.services.imports import COLUMNS
from tests.emr.people import make_department, make_facility
from tests.emr.staff.office import open_office

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


class _Hand:
    """Counts what the office does."""

    def __init__(self, page: Any) -> None:
        self.page, self.fields, self.clicks = page, 0, 0

    def write(self, name: str, text: str) -> None:
        self.fields += 1
        self.page.fill(f"[name={name}]", text)

    def choose(self, name: str, label: str) -> None:
        self.fields += 1
        self.page.select_option(f"[name={name}]", label=label)

    def click(self, place: Any) -> None:
        self.clicks += 1
        place.click()


def test_the_budgets_of_the_office(page: Any, live_server: Any, screenshots: Path, tmp_path: Path) -> None:
    house = open_office()
    make_department(make_facility(), "K19", "Khoa Ngoại")
    page.goto(live_server.url)
    page.fill("[name=username]", "thanh")
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("h1")

    # By hand: five fields.
    page.goto(f"{live_server.url}/administration/staff/")
    hand = _Hand(page)
    hand.click(page.get_by_role("link", name="Thêm người"))
    hand.write("full_name", "Nguyễn Thị Hoa")
    hand.write("staff_code", "NV77")
    hand.write("title", "BS.")
    hand.choose("department", "K19 · Khoa Ngoại")
    hand.choose("role", "Bác sĩ")
    page.keyboard.press("F9")
    expect(page.locator("#new-username")).to_have_text("hoant")
    password = page.inner_text("#new-password")
    assert (hand.fields, hand.clicks) == (5, 1)
    assert User.objects.get(username="hoant").check_password(password)

    # A list: choose it (it is checked at once), apply it; from the list of staff three clicks.
    file = tmp_path / "nv.xlsx"
    rows = [
        [
            {"staff_code": code, "full_name": name, "department": "K19", "role": "nurse"}.get(c, "")
            for c in COLUMNS
        ]
        for code, name in (("NV1", "Trần Văn Nam"), ("NV2", "Lê Thị Mơ"))
    ]
    file.write_bytes(sheets.as_xlsx("x", [headings[0] for headings in COLUMNS.values()], rows))
    page.goto(f"{live_server.url}/administration/staff/")
    hand = _Hand(page)
    hand.click(page.get_by_role("link", name="Nhập danh sách"))
    with page.expect_file_chooser() as chooser:
        hand.click(page.locator("[name=file]"))
    chooser.value.set_files(str(file))
    hand.click(page.get_by_role("button", name="Ghi 2 dòng"))
    expect(page.locator("#staff-import .alert-done")).to_be_visible()
    assert hand.clicks == 3
    assert User.objects.filter(staff_code__in=["NV1", "NV2"]).count() == 2
    page.screenshot(path=screenshots / "staff-imported.png")

    # A leaver: one click, and the ward's PC is signed out.
    page.goto(f"{live_server.url}/administration/staff/{house.an.uuid}/")
    hand = _Hand(page)
    hand.click(page.get_by_role("button", name="Nghỉ việc"))
    expect(page.get_by_role("button", name="Trở lại làm việc")).to_be_visible()
    assert hand.clicks == 1
    assert not User.objects.get(username="an").is_active
    page.screenshot(path=screenshots / "staff-person.png", full_page=True)
