"""What we send speaks the neighbour's codes where somebody has mapped them, and what comes back in them is understood."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import Location, User
from emr.common.clock import now
from encounters.orders.models import OrderableService, ServiceRequest
from encounters.orders.services import load_shipped
from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter, EncounterLocation
from integrations.his.stay_building import build_stay
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.parsing import Field, Hl7Message, parse
from integrations.lis.building import build_order
from integrations.transport.demo import load
from integrations.transport.listener import Frame
from integrations.transport.models import Channel, NeighbourCode
from tests.emr.people import make_an, make_facility
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.lis.test_ordering import work_off
from tests.integrations.neighbour import Neighbour
from tests.integrations.strict import judge, strict_neighbour
from tests.integrations.transport.test_sending import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def an() -> User:
    """The doctor who orders from the shipped catalogue."""
    chart.load_forms()
    load_shipped("services", facility=make_facility())
    return make_an()


@pytest.fixture
def stay(an: User) -> Encounter:
    """Bà Đào's."""
    return admit()


@pytest.fixture
def lis(an: User) -> Iterator[Neighbour]:
    """The laboratory's system, which holds what it gets to the letter of HL7; it sends as well."""
    load(make_facility())
    hl7v2.forget_channels()
    with strict_neighbour() as neighbour:
        make_channel(make_facility(), neighbour, performs="laboratory")
        yield neighbour


def say(kind: str, theirs: str, ours: str, *, application: str = "LIS") -> None:
    """Somebody has mapped the code, on the channel by which the neighbour sends."""
    channel = Channel.objects.get(direction="in", sending_application=application)
    NeighbourCode.objects.create(
        facility=channel.facility, channel=channel, kind=kind, code=theirs, mapped_to=ours, last_seen_at=now()
    )


def parts(field: Field) -> list[str]:
    """The six components of a CE."""
    return [field.text(place) for place in range(1, 7)]


def only(neighbour: Neighbour) -> Hl7Message:
    (raw,) = neighbour.received
    return parse(raw)


def test_a_test_goes_out_in_the_laboratory_s_code_with_ours_beside_it(
    lis: Neighbour, stay: Encounter, an: User
) -> None:
    say("service", "DGD", "XN0029")
    order(stay, an)
    work_off()
    assert parts(only(lis).first("OBR")[4]) == ["DGD", "Điện giải đồ", "LIS", "XN0029", "Điện giải đồ", "L"]


@pytest.mark.parametrize(
    ("kept", "alternate"),
    [
        ({}, ["24326-1", "Điện giải đồ (Na, K, Cl)", "LN"]),
        ({"loinc": "", "national_code": "1001234"}, ["1001234", "Điện giải đồ (Na, K, Cl)", "QD1227"]),
        ({"loinc": "", "national_code": ""}, ["", "", ""]),
    ],
)
def test_without_a_mapping_ours_goes_with_the_code_that_all_know(
    lis: Neighbour, stay: Encounter, an: User, kept: dict[str, Any], alternate: list[str]
) -> None:
    OrderableService.objects.filter(code="XN0029").update(**kept)
    say("service", "DGD", "XN0029", application="RIS")  # another neighbour's is none of this one's
    order(stay, an)
    work_off()
    assert parts(only(lis).first("OBR")[4]) == ["XN0029", "Điện giải đồ", "L", *alternate]


def test_words_without_a_code_stay_words(lis: Neighbour, stay: Encounter, an: User) -> None:
    order(stay, an, "", text="Xét nghiệm lạ")
    work_off()
    assert parts(only(lis).first("OBR")[4]) == ["", "Xét nghiệm lạ", "", "", "", ""]


def test_the_result_that_comes_back_in_its_code_answers_the_order(
    lis: Neighbour, stay: Encounter, an: User
) -> None:
    say("service", "DGD", "XN0029")
    request = order(stay, an)
    work_off()
    sent = only(lis)
    result = oru(
        obr(placer=sent.first("OBR")[2].text(), code="DGD^Ion do^LIS"),
        obx("NM", "K^Kali^LIS^2823-3^Kali^LN", "5.1", unit="mmol/L"),
        pid=lis.received[0].decode().split("\r")[1],
    )
    assert b"|AA|" in hl7v2.receive([Frame(result, "127.0.0.1")])[0].wire
    work_off()
    report = DiagnosticReport.objects.get()
    assert report.request == request
    assert ServiceRequest.objects.count() == 1, "nobody took it for another test"


@pytest.mark.parametrize("structure", ["OML^O21", "ORM^O01"])
def test_department_and_doctor_go_out_in_its_codes(
    lis: Neighbour, stay: Encounter, an: User, structure: str
) -> None:
    department = stay.department
    assert department is not None
    User.objects.filter(pk=an.pk).update(staff_code="BS01", licence_number="CCHN-9")
    request = order(stay, an)
    channel = Channel.objects.get(direction="out")

    def built() -> Hl7Message:
        fresh = ServiceRequest.objects.get(pk=request.pk)
        raw = build_order(fresh, channel, control="NW", number="N1", at=now(), structure=structure)
        judge(raw)
        return parse(raw)

    before = built()
    assert (before.first("PV1")[3].text(1), before.first("ORC")[12].text(1)) == (department.code, "BS01")
    say("department", "NOI-A", department.code)
    say("staff", "0017", "CCHN-9")
    after = built()
    assert after.first("PV1")[3].text(1) == "NOI-A"
    assert {after.first("ORC")[12].text(1), after.first("OBR")[16].text(1)} == {"0017"}
    say("staff", "0018", "BS01")
    assert built().first("ORC")[12].text(1) == "0018", "our staff code is asked before the licence"


def test_a_stay_goes_to_the_his_in_its_codes(lis: Neighbour, stay: Encounter) -> None:
    department = stay.department
    assert department is not None
    channel = Channel.objects.get(direction="out")
    channel.receiving_application = "HIS"
    room = Location.objects.create(
        facility=stay.facility, kind="room", department=department, code="P1", name="P1"
    )
    bed = Location.objects.create(
        facility=stay.facility, kind="bed", department=department, parent=room, code="G1", name="Giường 1"
    )
    EncounterLocation.objects.filter(encounter=stay).update(location=bed)

    def place() -> list[str]:
        raw = build_stay(stay, channel, event="A01", number="N1", at=now())
        judge(raw)
        return [parse(raw).first("PV1")[3].text(part) for part in (1, 2, 3)]

    assert place() == [department.code, "P1", "G1"]
    say("department", "NOI-A", department.code, application="HIS")
    say("bed", "NGOAI/P9-G4", "G1", application="HIS")  # another department's bed of that code
    assert place() == ["NOI-A", "P1", "G1"]
    say("bed", "NOI-A/P-101-G9", "G1", application="HIS")
    assert place() == ["NOI-A", "P-101", "G9"]


def test_more_mappings_ask_no_more_questions(lis: Neighbour, stay: Encounter, an: User) -> None:
    request = order(stay, an)
    channel = Channel.objects.get(direction="out")

    def questions() -> int:
        fresh = ServiceRequest.objects.select_related("patient", "encounter", "facility").get(pk=request.pk)
        with CaptureQueriesContext(connection) as asked:
            build_order(fresh, channel, control="NW", number="N1", at=now(), structure="OML^O21")
        return len(asked)

    before = questions()
    for number in range(30):
        say("service", f"T{number}", "XN0029")
        say("staff", f"S{number}", an.staff_code or "BS01")
    assert questions() == before <= 12
