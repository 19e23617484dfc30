"""A morning: the reminder leads to yesterday, a finding is opened and put right, the rest is noted, the day is signed."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from freezegun import freeze_time
from playwright.sync_api import Page, expect

from emr.common import wall
from emr.common.clock import local_today, now
from integrations.hl7v2 import services as hl7v2
from integrations.reconciling.days import Day
from integrations.reconciling.models import SignedFinding, SignOff
from integrations.transport.demo import load
from integrations.transport.models import Channel, DeadLetter, MessageState
from tests.emr.people import make_department, make_facility, make_user
from tests.integrations.conftest import ago, work_off
from tests.integrations.messages import adt
from tests.integrations.reconciling.conftest import receive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _yesterday() -> Day:
    """One admission that fits, one without a department, one stay that isn't here."""
    with freeze_time(now() - dt.timedelta(days=1)):
        receive(adt("A01", "Y1", at=ago(26), place="K03"))
        receive(adt("A08", "Y2", at=ago(25), visit="DT000900"))
        receive(adt("A01", "Y3", at=ago(25), number="BN000002", visit="DT000002", place=""))
        day, moment = Day(local_today()), now()
    work_off()
    MessageState.objects.update(changed_at=moment)
    return day


def test_the_morning_s_sign_off(page: Page, live_server: Any, client: Client) -> None:
    facility = make_facility()
    make_department(facility)
    load(facility)
    hl7v2.forget_channels()
    Channel.objects.update(created_at=now() - dt.timedelta(days=3))
    tin = make_user("tin", "Lý Văn Tin", "integration", make_department(facility, "P09", "Phòng CNTT"))
    client.force_login(tin, backend="emr.accounts.backends.StaffBackend")
    day = _yesterday()
    assert client.get("/integrations/reconciliation/").status_code == 200
    page.context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in client.cookies.items()
        ]
    )
    page.goto(f"{live_server.url}/integrations/reconciliation/")
    expect(page.get_by_role("heading", name="Đối soát", exact=True)).to_be_visible()
    expect(page.get_by_text("Chưa xác nhận").first).to_be_visible()
    stays = page.get_by_role("row", name="Đợt điều trị, lượt khám")
    expect(stays).to_contain_text("3 / 1")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page is wider than a ward PC's screen"

    # The dead letter is opened from the list and set aside there; the list is the shorter for it.
    page.get_by_role("row", name="Bản tin cần người xử lý").get_by_role("link").click()
    row = page.get_by_role("row", name="Y3")
    expect(row.get_by_role("button", name="Chạy lại")).to_be_visible()
    row.get_by_role("link", name="Mở").click()
    page.locator("input[name=note]").fill("HIS gửi nhầm")
    page.get_by_role("button", name="Bỏ qua").click()
    page.goto(f"{live_server.url}/integrations/reconciliation/")
    expect(page.get_by_role("row", name="Bản tin cần người xử lý")).to_have_count(0)

    # Nothing said: refused, and what was typed about one of two stays there.
    page.get_by_text("Ghi chú cho từng điểm").first.click()
    first = page.locator("input[name^=note-]").first
    first.fill("Đã gọi HIS")
    page.get_by_role("button", name="Xác nhận").click()
    # The day is looked through twice before it answers.
    expect(page.locator(".alert, .field-error").first).to_be_visible(timeout=30_000)
    expect(page.locator("input[name^=note-]").first).to_have_value("Đã gọi HIS")
    page.locator("textarea[name=note]").fill("Chờ HIS gửi lại")
    page.keyboard.press("F9")
    expect(page.get_by_text("Lý Văn Tin đã xác nhận")).to_be_visible(timeout=30_000)
    with wall.within(facility.pk):
        signed = SignOff.objects.get()
        assert (signed.day, signed.note, signed.signed_by) == (day.on, "Chờ HIS gửi lại", tin)
        assert sorted(SignedFinding.objects.values_list("note", flat=True)) == ["", "Đã gọi HIS"]
        assert not DeadLetter.objects.filter(resolution="").exists()
