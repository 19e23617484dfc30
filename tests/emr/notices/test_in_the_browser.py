"""The bell on a ward PC: it counts, an urgent notice lies over the page and sounds, until it is seen."""

from typing import Any

import pytest
from playwright.sync_api import expect

from emr.notices import services
from tests.emr.notices.house import make_people
from tests.emr.ui.conftest import open_page, sign_in
from tests.support.browser import WARD_PC

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_urgent_notice_sounds_over_the_page_until_it_is_seen(chromium: Any, live_server: Any) -> None:
    people = make_people()
    context = chromium.new_context(viewport=WARD_PC, locale="vi-VN", base_url=live_server.url)
    sign_in(context, live_server, people.binh)
    page = open_page(context)
    # The browser keeps a silent bell's answer for 25 s; nobody waits for that here.
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto("/")
    bell = page.get_by_role("link", name="Thông báo")
    expect(bell).to_be_visible()
    expect(page.locator("#bell-count")).to_be_empty()

    services.notify(
        kind="test.glass",
        key="g",
        facility=people.facility,
        to=[people.binh],
        parameters={"place": "<b>K03</b>"},
    )
    page.evaluate("htmx.ajax('GET', '/notices/bell/', '#urgent-notices')")
    banner = page.get_by_role("alert").filter(has_text="Emergency access in <b>K03</b>")
    expect(banner).to_be_visible()
    expect(page.locator("#bell-count")).to_contain_text("1")
    assert page.evaluate("document.documentElement.dataset.noticeSounded ?? ''") == ""  # not before a touch
    page.get_by_role("heading", level=1).click()
    page.wait_for_function("document.documentElement.dataset.noticeSounded === '1'")

    # From here as on a ward PC: the answer is kept, and asked for anew once the person has seen it or taken it on.
    network.send("Network.setCacheDisabled", {"cacheDisabled": False})
    page.goto("/")
    banner.get_by_role("button", name="Tôi đã xem").click()
    expect(banner).to_have_count(0)
    page.goto("/notices/")
    expect(page.locator("#bell-count")).to_contain_text("1")
    expect(banner).to_have_count(0)
    page.get_by_role("link", name="Emergency access").click()
    expect(page.get_by_role("button", name="Tôi nhận xử lý")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("F9")
    expect(page.get_by_text("Đã ghi nhận")).to_be_visible()
    expect(page.locator("#bell-count")).to_be_empty()
    assert not page.trouble
    context.close()
