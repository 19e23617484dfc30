"""The button in the HIS, in Chromium: another site posts the link, this site's own cookies decide what it opens."""

import base64
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

from emr.signin.models import StaffSession
from encounters.visits.models import Encounter
from integrations.launch import services, simulator
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.encounters.visits.ward import admit
from tests.integrations.launch.test_links import SECRET, number_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stay(transactional_db: None) -> Encounter:
    admin = make_user("quan", "Quản Trị", "admin", make_department(make_facility(), "HC", "Hành chính"))
    services.add_key(issuer="HIS", key_id="demo", secret=SECRET, by=admin)
    return admit()


@pytest.fixture
def his(live_server: Any, stay: Encounter) -> Iterator[str]:
    """Where the HIS shows its patient's page: another site than the record's."""
    told = simulator.parse(["--secret", base64.urlsafe_b64encode(SECRET).decode(), "--port", "0"])
    told.record = live_server.url
    told.subject, told.patient, told.encounter = "an", number_of(stay), stay.identifier
    server = simulator.serve(told)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_one_click_in_the_his_opens_the_chart_and_a_shared_pc_asks(
    page: Any, live_server: Any, his: str, stay: Encounter
) -> None:
    assert live_server.url.split(":")[1] != his.split(":")[1], "the HIS must be another site"
    an, binh = make_an(), make_binh()
    page.goto(his)
    page.get_by_role("button", name="Mở bệnh án").click()
    page.wait_for_url(f"{live_server.url}/encounters/{stay.uuid}/")
    expect(page.locator(".user-name")).to_have_text("Nguyễn Văn An")
    expect(page.get_by_text(stay.patient.full_name).first).to_be_visible()
    # The same button while An is here: the same session goes on.
    session = StaffSession.objects.get(user=an).uuid
    page.goto(his)
    page.get_by_role("button", name="Mở bệnh án").click()
    page.wait_for_url(f"{live_server.url}/encounters/{stay.uuid}/")
    assert StaffSession.objects.get(user=an).uuid == session
    # The HIS next door names Bình: this PC asks first.
    page.goto(his)
    page.get_by_label("Người dùng").fill("binh")
    page.get_by_role("button", name="Mở bệnh án").click()
    expect(page.get_by_role("heading", name="Máy này đang có người khác đăng nhập")).to_be_visible()
    assert stay.patient.full_name not in page.content()
    page.get_by_role("button", name="Tiếp tục với tên Trần Thị Bình").click()
    page.wait_for_url(f"{live_server.url}/encounters/{stay.uuid}/")
    expect(page.locator(".user-name")).to_have_text("Trần Thị Bình")
    assert StaffSession.objects.filter(user=binh).exists()
    assert not StaffSession.objects.filter(user=an).exists()
