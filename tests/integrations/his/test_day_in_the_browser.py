"""One day under either master: no order is typed twice, and none is missing on either side."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.orders.models import MedicationRequest, OrderRefusal, ServiceRequest
from encounters.visits.models import Encounter
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.parsing import parse
from integrations.transport.demo import load
from integrations.transport.listener import Frame
from patients.registry.models import Identifier
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.orders.tables import make_entry, make_world
from tests.integrations.his.orders import examination, know_codes, medicine
from tests.integrations.neighbour import Neighbour, answer, listening_neighbour
from tests.integrations.transport.test_sending import make_channel
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def _work_off() -> None:
    for _round in range(30):
        due = OutboxEvent.objects.filter(
            done_at=None, failed_at=None, available_at__lte=now() + timedelta(seconds=5)
        )
        topics = due.filter(topic__regex=r"^(service_request|medication_request|hl7_message)\.")
        OutboxEvent.objects.filter(pk__in=topics).update(available_at=now() - timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in list(topics.order_by("pk").values_list("pk", flat=True))):
            return


def _his_sends(raw: bytes) -> None:
    assert b"|AA|" in hl7v2.receive([Frame(raw, "127.0.0.1")])[0].wire
    _work_off()


def _listens(neighbour: Neighbour) -> None:
    make_channel(
        make_facility(),
        neighbour,
        name="HIS (gửi)",
        receiving_application="HIS",
        performs="his",
        message_types=["RDE", "OML"],
    )


@pytest.fixture
def world() -> tuple[User, Encounter, str]:
    """The doctor, a stay, and the patient's number as the HIS knows it."""
    an, stay = make_world()
    know_codes()
    load(make_facility())
    hl7v2.forget_channels()
    return an, stay, Identifier.objects.get(patient=stay.patient, is_own=True).value


def _decide(page: Page, client: Client, address: str, keeper: str) -> None:
    """The integration staff says on the page who keeps medicines and tests."""
    office = make_department(make_facility(), "P09", "Phòng CNTT")
    come_in(page, client, make_user("tin", "Lý Văn Tin", "integration", office), address)
    page.goto(f"{address}/integrations/masters/")
    for name in ("order_medication", "order_laboratory"):
        page.locator(f"select[name={name}]").select_option(keeper)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Hệ thống chủ quản")).to_be_visible()
    page.goto(f"{address}/integrations/masters/")
    expect(page.locator("select[name=order_medication]")).to_have_value(keeper)


def test_a_day_whose_orders_the_his_keeps(
    page: Page, live_server: Any, client: Client, world: tuple[User, Encounter, str]
) -> None:
    an, stay, number = world
    with listening_neighbour() as his:
        _listens(his)
        _decide(page, client, live_server.url, "his")
        person = "Nguyễn^Thị Đào||19570314|F"
        told = {"number": number, "visit": stay.identifier, "person": person, "hours": 0}
        _his_sends(medicine(**told))  # type: ignore[arg-type]  # its arguments
        _his_sends(examination(**told))  # type: ignore[arg-type]  # likewise
        entry = make_entry(stay, an)
        come_in(page, client, an, live_server.url)
        page.goto(f"{live_server.url}/documents/{entry.uuid}/")
        lines = page.locator(".order-lines li")
        expect(lines).to_have_count(2)
        expect(lines.first).to_contain_text("từ HIS")
        expect(page.get_by_text("Loại y lệnh này được chỉ định trên HIS").first).to_be_visible()
        expect(page.locator("#order-form").get_by_role("button")).to_have_count(0)
        page.keyboard.press("F9")
        expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
        _work_off()
        rows = [*MedicationRequest.objects.all(), *ServiceRequest.objects.all()]
        assert [(row.origin_number, row.status, row.entry) for row in rows] == [
            ("TH-1", "active", entry),
            ("XN-1", "active", entry),
        ]
        assert his.received == [], "the HIS has them already"


def test_a_day_whose_orders_are_placed_here(
    page: Page, live_server: Any, client: Client, world: tuple[User, Encounter, str]
) -> None:
    an, stay, _number = world
    with listening_neighbour(
        lambda c: answer(
            "AA", c, more="ORC|OK" if _is_second() else "ORC|UA|||||||||||||||^Hết thuốc trong kho"
        )
    ) as his:
        answered = iter((False, True, True))

        def _is_second() -> bool:
            return next(answered, True)

        _listens(his)
        _decide(page, client, live_server.url, "emr")
        entry = make_entry(stay, an)
        come_in(page, client, an, live_server.url)
        page.goto(f"{live_server.url}/documents/{entry.uuid}/")
        for typed, count in (("amox 500 1x2 5n PO", 1), ("công thức máu", 2)):
            page.locator("#order-quick").fill(typed)
            page.locator("#order-quick-list [role=option]").first.click()
            expect(page.locator(".order-lines li")).to_have_count(count)
        page.keyboard.press("F9")
        expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
        _work_off()
        numbers = [parse(raw).first("ORC")[2].text() for raw in his.received]
        placed = [*MedicationRequest.objects.all(), *ServiceRequest.objects.all()]
        assert sorted(numbers) == sorted(order.placer_number for order in placed)
        assert len(placed) == 2
        page.goto(f"{live_server.url}/orders/refusals/")
        expect(page.get_by_text("Hết thuốc trong kho")).to_be_visible()
        page.get_by_placeholder("Đã làm gì").fill("Đổi sang thuốc có trong kho")
        page.get_by_role("button", name="Đã giải quyết").click()
        expect(page.get_by_text("Không có y lệnh nào bị từ chối")).to_be_visible()
        assert OrderRefusal.objects.get().settled_by == an
