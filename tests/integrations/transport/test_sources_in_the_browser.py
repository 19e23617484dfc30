"""An IT person sets up a view in the browser, and sees the first rows come in, and what is wrong when it is."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.common import wall
from encounters.visits.models import Encounter
from integrations.hl7v2 import fetching
from integrations.transport.models import Message
from tests.emr.people import make_user
from tests.integrations.conftest import facility, work_off
from tests.integrations.databases import PASSWORD, VIEWER, HisDatabase, his_postgres
from tests.integrations.transport.test_polling import ago, look

__all__ = ["facility", "his_postgres"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_view_is_set_up_and_its_rows_come_in(
    page: Page, live_server: Any, client: Client, facility: Any, his_postgres: HisDatabase, settings: Any, tmp_path: Path,
    screenshots: Path,
) -> None:  # fmt: skip
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "his.password").write_text(PASSWORD, encoding="utf-8")
    his_postgres.begin_anew()
    his_postgres.put(1, changed=ago(60))
    client.force_login(make_user("tichhop", "Lê Tích Hợp", "integration", facility))
    page.context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in client.cookies.items()
        ]
    )
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/integrations/")
    page.get_by_role("link", name="Đọc khung nhìn CSDL").click()
    for name, value in (
        ("name", "HIS đợt điều trị"), ("sending_application", "HIS"), ("address", "127.0.0.1"),
        ("port", str(his_postgres.relay.port)), ("database", his_postgres.tls["database"]), ("username", VIEWER),
        ("view", "v_stay"), ("key_column", "id"), ("changed_column", "changed"),
    ):  # fmt: skip
        page.locator(f"#id_{name}").fill(value)
    page.locator("#id_credential").select_option("his")
    columns = page.locator("#id_columns")
    columns.fill("number = so_dt\nmrn\nfull_name = ho_ten\nbegan\ndepart")
    page.screenshot(path=screenshots / "source.png", full_page=True)
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Loại dòng này không có depart.", exact=False)).to_be_visible()
    expect(page.locator("#id_username")).to_have_value(VIEWER)
    columns.fill("number = so_dt\nmrn\nfull_name = ho_ten\nbegan\ndepartment")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("127.0.0.1", exact=False).first).to_be_visible()

    with wall.nowhere():
        assert fetching.fetch_all() == 0
    page.reload()
    expect(page.get_by_text("Không có khung nhìn hoặc cột này", exact=False)).to_be_visible()
    page.screenshot(path=screenshots / "channels.png", full_page=True)
    row = page.get_by_role("row").filter(has_text="HIS đợt điều trị")
    row.get_by_role("link", name="Sửa").click()
    page.locator("#id_view").fill("v_stays")
    page.get_by_role("button", name="Lưu").click()
    row.get_by_role("link", name="Sửa").click()
    page.get_by_role("button", name="Đọc ngay").click()
    expect(page.get_by_text("sẽ được đọc trong vài giây nữa", exact=False)).to_be_visible()
    with wall.nowhere():
        assert look() == 1
    work_off()
    assert Encounter.objects.get().identifier == "DT000001"
    page.goto(f"{live_server.url}/integrations/messages/{Message.objects.get().uuid}/")
    expect(page.get_by_text('department = "K03"', exact=False)).to_be_visible()
    expect(page.get_by_text("Nguyễn Văn Bình", exact=False)).to_have_count(0)
    page.screenshot(path=screenshots / "row.png", full_page=True)
