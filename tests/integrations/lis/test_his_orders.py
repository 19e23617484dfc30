"""Orders that the HIS keeps: told to the laboratory by us only where the facility says so; its results find them."""

from collections.abc import Iterator

import pytest

from emr.accounts.models import FacilitySetting, Organization
from encounters.orders.models import ServiceRequest
from encounters.results.models import DiagnosticReport
from integrations.hl7v2 import services as hl7v2
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.his.orders import bare, examination, ordering_his
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.lis.test_ordering import controls, sent_to, work_off
from tests.integrations.messages import adt
from tests.integrations.neighbour import Neighbour, listening_neighbour
from tests.integrations.transport.test_sending import make_channel

pytestmark = pytest.mark.django_db
BINH = "PID|1||BN000001^^^BV99999^MR||Nguyễn^Văn Bình||19800517|M"
COUNT = obx("NM", "WBC^Bạch cầu^L", "7.2", unit="G/L")


@pytest.fixture
def lis(facility: Organization) -> Iterator[Neighbour]:
    """The laboratory's system, which takes OML^O21."""
    with listening_neighbour() as neighbour:
        make_channel(facility, neighbour, performs="laboratory")
        hl7v2.forget_channels()
        yield neighbour


@pytest.fixture
def hospital(facility: Organization, send: Send) -> Organization:
    """Ông Bình lies here; the HIS keeps every kind of order."""
    ordering_his(facility)
    assert state(send(adt("A01", "A1", at=ago(9)))) == "applied"
    return facility


def blood(placer: str, pid: str = BINH, **other: str) -> bytes:
    """A count that the laboratory answers under this number."""
    return oru(obr(placer=placer, code="XN0001^Công thức máu^L"), COUNT, pid=pid, **other)


def test_the_his_has_told_its_laboratory_itself(hospital: Organization, lis: Neighbour, send: Send) -> None:
    send(examination("NW", "XN-1", 6))
    send(bare("CA", "XN-1", 5, kind="OML^O21"))
    work_off()
    assert ServiceRequest.objects.get().status == "revoked"
    assert lis.received == []


def test_where_the_facility_says_so_we_tell_it_for_the_his(
    hospital: Organization, lis: Neighbour, send: Send
) -> None:
    """Setting `lis_forwards_his_orders`: the HIS has no line to the laboratory of its own."""
    FacilitySetting.objects.create(facility=hospital, name="lis_forwards_his_orders", value=True)
    send(examination("NW", "XN-1", 6))
    work_off()
    request = ServiceRequest.objects.get()
    (message,) = sent_to(lis)
    assert message.first("ORC")[2].text() == request.placer_number
    assert message.first("OBR")[4].text(1) == "XN0001"
    send(bare("CA", "XN-1", 5, kind="OML^O21"))
    work_off()
    assert controls(lis) == ["NW", "CA"]


@pytest.mark.parametrize("forwards", [False, True])
def test_a_result_finds_the_hiss_order_by_either_number(
    hospital: Organization, lis: Neighbour, send: Send, forwards: bool
) -> None:
    """By the HIS's own where the HIS told the laboratory, by ours where we did."""
    FacilitySetting.objects.create(facility=hospital, name="lis_forwards_his_orders", value=forwards)
    send(examination("NW", "XN-1", 6))
    work_off()
    request = ServiceRequest.objects.get()
    sent = send(blood(request.placer_number if forwards else "XN-1"))
    assert state(sent) == "applied"
    assert "unknown_order" not in reasons(sent)
    request.refresh_from_db()
    report = DiagnosticReport.objects.get()
    assert (report.request, request.status) == (request, "completed")


def test_the_hiss_number_finds_no_other_patients_order(hospital: Organization, send: Send) -> None:
    """Other systems' numbers are no key by themselves: without the patient the result stands alone."""
    send(examination("NW", "XN-1", 6))
    other = adt(
        "A01",
        "A2",
        at=ago(8),
        number="BN000002",
        name="Lê^Văn Hùng",
        birth="19700101",
        visit="DT2",
        place="K19",
    )
    send(other)
    sent = send(blood("XN-1", pid="PID|1||BN000002^^^BV99999^MR||Lê^Văn Hùng||19700101|M"))
    assert state(sent) == "applied"
    assert "unknown_order" in reasons(sent)
    assert DiagnosticReport.objects.get().request is None
    assert ServiceRequest.objects.get().status == "active"


def test_of_two_orders_under_one_number_the_newest_is_answered(hospital: Organization, send: Send) -> None:
    """A changed order (XO) is a new row under the HIS's number."""
    send(examination("NW", "XN-1", 6))
    send(examination("XO", "XN-1", 5, code="XN0029^Điện giải đồ"))
    send(blood("XN-1"))
    former, newest = ServiceRequest.objects.order_by("pk")
    assert (former.status, newest.status) == ("revoked", "completed")
    assert DiagnosticReport.objects.get().request == newest
