"""A field is made in the browser, seen in form and print beside it, and published by a second person."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from encounters.forms.models import Questionnaire
from tests.encounters.designing.people import make_ha, make_quan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Page, live_server: Any, client: Client, user: User) -> None:
    client.force_login(user)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )


def test_a_field_is_made_seen_beside_and_published_by_a_colleague(
    page: Page, live_server: Any, client: Client
) -> None:
    quan, ha = make_quan(), make_ha()
    page.set_viewport_size({"width": 1366, "height": 768})
    sign_in(page, live_server, client, quan)
    page.goto(f"{live_server.url}/administration/forms/form/?code=39/BV2")
    page.get_by_role("button", name="Sửa").click()
    pane = page.locator("#form-preview")
    expect(pane).to_contain_text("Tự đến")

    page.locator("#add_words").fill("Số xe cứu thương")
    page.locator("#add_kind").select_option("string")
    page.locator(".design-add button").click()
    bench = page.locator("#form-bench")
    expect(bench.locator(".is-chosen")).to_contain_text("Số xe cứu thương")
    expect(pane).to_contain_text("Số xe cứu thương")
    bench.get_by_label("Bắt buộc").check()
    bench.locator(".design-item").get_by_role("button", name="Lưu").click()
    expect(bench.locator(".is-chosen .required-mark").first).to_be_visible()
    pane.get_by_role("link", name="Bản in").click()
    expect(pane.locator("canvas").first).to_be_visible(timeout=60_000)
    expect(pane).to_contain_text("Số xe cứu thương")
    address = page.url.partition("?")[0]

    client.logout()
    page.context.clear_cookies()
    sign_in(page, live_server, client, ha)
    page.goto(address)
    page.get_by_role("link", name="Ban hành…").click()
    expect(page.get_by_role("row", name="Số xe cứu thương")).to_contain_text("mới")
    page.get_by_label("Nội dung thay đổi").fill("Thêm số xe cứu thương")
    page.get_by_role("button", name="Ban hành").click()
    expect(page.get_by_role("row", name="Thêm số xe cứu thương")).to_contain_text("Đỗ Thu Hà")
    version = Questionnaire.objects.get(facility=quan.facility)
    assert any(item.get("text") == "Số xe cứu thương" for item in version.resource["item"])
