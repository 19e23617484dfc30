"""Nothing typed is ever lost: a lost line, an ended session, a closed browser, another person's turn, a second writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.emr.people import make_an, make_binh, make_department, make_facility
from tests.emr.ui.conftest import open_page, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

    from tests.emr.ui.bench import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.emr.ui.bench_urls"),
]
TEXT = "Ho giảm, hết sốt. Phổi còn ít ran ẩm đáy phải."
STORED = "Object.entries(localStorage).filter(([name]) => name.startsWith('emr:draft:'))"


def state(page: Page) -> str:
    return str(page.locator("[data-save-state=draft]").get_attribute("data-state"))


def wait_for(page: Page, wanted: str) -> None:
    expect(page.locator("[data-save-state=draft]")).to_have_attribute("data-state", wanted)


def take_over(page: Page, username: str) -> None:
    """Somebody else signs in at this PC, through the page."""
    page.context.clear_cookies(name="sessionid")
    page.goto("/sign-in/")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill("benhanmo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hôm nay")).to_be_visible()


def test_a_second_after_the_last_key_it_is_saved(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("PIN").fill("123456")
    ward_page.get_by_label("Course").fill(TEXT)
    wait_for(ward_page, "saved")
    assert bench_server.text == TEXT
    assert "pin" not in bench_server.posts[-1], "a PIN is never autosaved"
    assert "Đã lưu" in ward_page.locator("[data-save-state=draft]").inner_text()
    ward_page.get_by_label("Course").fill(TEXT + " Ăn ngủ được.")
    wait_for(ward_page, "typed")
    wait_for(ward_page, "saved")
    assert bench_server.version == 3
    assert ward_page.evaluate(STORED) == []


def test_a_lost_line_loses_nothing(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.context.set_offline(True)
    ward_page.get_by_label("Course").fill(TEXT)
    wait_for(ward_page, "waiting")
    assert "Đang chờ mạng" in ward_page.locator("[data-save-state=draft]").inner_text()
    ((name, kept),) = ward_page.evaluate(STORED)
    assert "giảm" not in kept, "the copy is encrypted"
    assert name.endswith("6f0d5f5e-0000-4000-8000-000000000001")
    ward_page.context.set_offline(False)
    wait_for(ward_page, "saved")
    assert bench_server.text == TEXT


def test_a_closed_browser_loses_nothing(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    context = ward_page.context
    bench_server.status = 503
    ward_page.get_by_label("Course").fill(TEXT)
    wait_for(ward_page, "waiting")
    ward_page.close(run_before_unload=False)
    again = open_page(context)
    again.goto("/bench/form/")
    expect(again.get_by_label("Course")).to_have_value(TEXT)
    expect(again.locator("#messages")).to_contain_text("Đã khôi phục")
    assert bench_server.text == ""
    bench_server.status = 200
    wait_for(again, "saved")
    assert bench_server.text == TEXT


def test_an_ended_session_loses_nothing(
    ward_page: Page, bench_server: Server, live_server: LiveServer
) -> None:
    from emr.accounts.models import User  # noqa: PLC0415

    ward_page.goto("/bench/form/")
    session = [cookie for cookie in ward_page.context.cookies() if cookie["name"] == "sessionid"]
    ward_page.context.clear_cookies(name="sessionid")
    ward_page.get_by_label("Course").fill(TEXT)
    wait_for(ward_page, "signed-out")
    expect(ward_page.locator("#messages")).to_contain_text("Phiên làm việc đã hết")
    assert ward_page.get_by_label("Course").input_value() == TEXT
    assert session
    sign_in(ward_page.context, live_server, User.objects.get(username="an"))
    ward_page.evaluate("window.dispatchEvent(new Event('focus'))")
    wait_for(ward_page, "saved")
    assert bench_server.text == TEXT


def test_the_next_person_at_the_pc_neither_reads_nor_sends_it(
    chromium: Browser, live_server: LiveServer, bench_server: Server
) -> None:
    department = make_department(make_facility())
    context = chromium.new_context(base_url=live_server.url, locale="vi-VN")
    an, _binh = make_an(department), make_binh(department)
    sign_in(context, live_server, an)
    page = open_page(context)
    page.goto("/bench/form/")
    bench_server.status = 503
    page.get_by_label("Course").fill(TEXT)
    wait_for(page, "waiting")
    second = open_page(context)
    bench_server.posts.clear()
    take_over(second, "binh")
    bench_server.status = 200
    second.goto("/bench/form/")
    second.wait_for_timeout(500)
    assert second.get_by_label("Course").input_value() == ""
    # An's page is still open in the other tab; Bình's session must not carry it.
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    wait_for(page, "signed-out")
    assert [post for post in bench_server.posts if post["user"] == "binh"] == []
    take_over(second, "an")
    second.close()
    page.reload()
    expect(page.get_by_label("Course")).to_have_value(TEXT)
    context.close()


def test_a_second_writer_is_shown_the_difference(ward_page: Page, bench_server: Server) -> None:
    bench_server.text = "Ban đầu"
    ward_page.goto("/bench/form/")
    bench_server.version, bench_server.text = 5, "Của bác sĩ khác"
    ward_page.get_by_label("Course").fill(TEXT)
    wait_for(ward_page, "conflict")
    expect(ward_page.locator("[data-conflict]")).to_contain_text("Của bác sĩ khác")
    assert ward_page.get_by_label("Course").input_value() == TEXT
    assert bench_server.text == "Của bác sĩ khác"
    ward_page.get_by_role("button", name="Mine").click()
    wait_for(ward_page, "saved")
    assert bench_server.text == TEXT


def test_after_sending_no_copy_comes_back(ward_page: Page, bench_server: Server) -> None:
    ward_page.goto("/bench/form/")
    ward_page.get_by_label("Course").fill(TEXT)
    ward_page.keyboard.press("F9")
    expect(ward_page.get_by_role("heading", name="Sent")).to_be_visible()
    ward_page.goto("/bench/form/")
    ward_page.wait_for_timeout(400)
    assert ward_page.get_by_label("Course").input_value() == bench_server.text
    assert ward_page.evaluate(STORED) == []
