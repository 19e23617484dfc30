"""From the checklist to the very field in one click; a gap is set aside in three."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from encounters.completeness.models import Override
from tests.encounters import chart
from tests.encounters.completeness.world import make_head, make_record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Page, live_server: Any, client: Client, user: User) -> None:
    client.force_login(user)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )


def test_one_click_leads_to_the_empty_field_and_three_set_a_gap_aside(
    page: Page, live_server: Any, client: Client
) -> None:
    an, stay = make_record(days=1)
    record = chart.begin(stay, an, code="01/BV1")
    page.set_viewport_size({"width": 1366, "height": 768})
    sign_in(page, live_server, client, an)
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/completeness/")
    page.get_by_role("link", name="Bệnh án còn trống mục bắt buộc: Hướng điều trị").click()
    expect(page).to_have_url(f"{live_server.url}/documents/{record.uuid}/#a:case.plan:0")
    field = page.locator("[id='a:case.plan:0']")
    expect(field).to_be_in_viewport()
    expect(field).to_be_focused()

    sign_in(page, live_server, client, make_head())
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/completeness/")
    gap = page.get_by_role("listitem").filter(has_text="36/BV2")
    gap.locator("summary").click()
    gap.locator("[name=reason]").fill("Chuyển đi chụp cả ngày")
    gap.get_by_role("button", name="Cho qua").click()
    expect(page.get_by_text("Chuyển đi chụp cả ngày")).to_be_visible()
    assert Override.objects.get().key.startswith("daily-entry:")
