"""Tests that the laboratory's system added itself: beside the order that they follow, whichever way it says so."""

import pytest

from emr.accounts.models import Organization, User
from encounters.orders.models import ServiceRequest
from encounters.orders.services import load_shipped
from encounters.results.models import DiagnosticReport, ReportReview
from encounters.specimens.selectors import needs_of_stay
from encounters.visits.models import Encounter
from integrations.hl7v2.parsing import parse
from integrations.lis.identity import identity_of
from integrations.transport.models import DeadLetter
from patients.registry.models import Identifier
from tests.emr.people import make_an
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.lis.results import obr, obx, oru
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
APPLIED, SUPERSEDED, DEAD = "applied", "superseded", "dead"
PCT = obx("NM", "PCT^Procalcitonin^L", "4.2", unit="ng/mL")


@pytest.fixture
def an(facility: Organization) -> User:
    chart.load_forms()
    load_shipped(facility=facility)
    return make_an()


@pytest.fixture
def crp(an: User) -> ServiceRequest:
    """The order that the laboratory adds to."""
    return order(admit(), an, "XN0041", text="Định lượng CRP")


def pid(stay: Encounter) -> str:
    own = Identifier.objects.get(patient=stay.patient, is_own=True).value
    return f"PID|1||{own}^^^BV99999^MR||{stay.patient.full_name}||19570314|F"


def added(parent: str = "", *, placer: str = "", action: str = "", filler: str = "F2", **told: object) -> str:
    """The OBR of an added test; `parent` is OBR-29."""
    fields = obr(placer=placer, filler=filler, code="XN0042^Procalcitonin^L", **told).split("|")  # type: ignore[arg-type]
    fields += [""] * (36 - len(fields))
    fields[11] = action
    fields[29] = parent
    return "|".join(fields).rstrip("|")


def crp_result(crp: ServiceRequest, control: str = "L1") -> bytes:
    group = obr(placer=crp.placer_number, code="XN0041^CRP^L")
    return oru(group, obx("NM", "CRP^CRP^L", "150", unit="mg/L"), pid=pid(crp.encounter), control=control)


def the_reflex(crp: ServiceRequest) -> tuple[ServiceRequest, DiagnosticReport]:
    """The added order and what it found."""
    reflex = ServiceRequest.objects.get(reflex_of=crp)
    return reflex, DiagnosticReport.objects.get(request=reflex, replaced_by=None)


@pytest.mark.parametrize(
    "how",
    [
        {"parent": "{placer}^F1"},
        {"parent": "{placer}&EMR^F1&LIS"},
        {"parent": "^F1"},
        {"parent": "^F1", "placer": "LIS-77"},
        {"action": "G", "placer": "{placer}"},
    ],
)
def test_a_result_of_an_added_test_stands_beside_the_order_that_it_follows(
    send: Send, crp: ServiceRequest, an: User, how: dict[str, str]
) -> None:
    assert state(send(crp_result(crp))) == APPLIED
    told = {name: text.replace("{placer}", crp.placer_number) for name, text in how.items()}
    sent = send(oru(added(**told), PCT, pid=pid(crp.encounter), control="L2", pv1=""))
    assert state(sent) == APPLIED
    assert "unknown_order" not in reasons(sent)
    reflex, report = the_reflex(crp)
    assert (reflex.requester, reflex.origin, reflex.code, reflex.status) == (an, "LIS", "XN0042", "completed")
    assert (report.encounter, report.status) == (crp.encounter, "final")
    assert ReportReview.objects.get(report=report).requester == an
    assert DiagnosticReport.objects.filter(request=crp, replaced_by=None).count() == 1


def test_in_one_message_with_the_result_that_it_follows(send: Send, crp: ServiceRequest) -> None:
    group = obr(placer=crp.placer_number, code="XN0041^CRP^L")
    value = obx("NM", "CRP^CRP^L", "150", unit="mg/L")
    sent = oru(group, value, added("^F1"), PCT, pid=pid(crp.encounter))
    assert state(send(sent)) == APPLIED
    assert the_reflex(crp)[1].findings.get().title == "Procalcitonin"
    assert state(send(sent.replace(b"|L1|P|", b"|L9|P|"))) == SUPERSEDED
    assert ServiceRequest.objects.filter(reflex_of=crp).count() == 1


def test_a_correction_of_an_added_test_is_its_next_version(send: Send, crp: ServiceRequest) -> None:
    send(crp_result(crp))
    send(oru(added(f"{crp.placer_number}^F1", changed=0.9), PCT, pid=pid(crp.encounter), control="L2"))
    again = obx("NM", "PCT^Procalcitonin^L", "0.2", unit="ng/mL")
    # The second time the system names no parent any more.
    send(oru(added(status="C", changed=0.5), again, pid=pid(crp.encounter), control="L3"))
    _reflex, report = the_reflex(crp)
    assert (report.status, report.replaces.status if report.replaces else "") == ("corrected", "final")


def test_an_order_message_of_a_child_is_known_before_its_result(send: Send, crp: ServiceRequest) -> None:
    msh = f"MSH|^~\\&|LIS|99999|EMR|99999|{ago(1)}||ORM^O01|C1|P|2.5.1||||||UNICODE UTF-8"
    orc = f"ORC|CH||F2||IP|||{crp.placer_number}^F1|{ago(1)}"
    child = "\r".join([msh, pid(crp.encounter), orc, "OBR|1||F2|XN0042^Procalcitonin^L", ""]).encode()
    sent = send(child)
    assert state(sent) == APPLIED, reasons(sent)
    reflex = ServiceRequest.objects.get(reflex_of=crp)
    assert (reflex.status, reflex.text) == ("active", "Procalcitonin")
    wanted = [request for need in needs_of_stay(crp.encounter) for request in need.requests]
    assert wanted == [crp]
    send(oru(added(), PCT, pid=pid(crp.encounter), control="L2"))
    assert the_reflex(crp)[0] == reflex
    reflex.refresh_from_db()
    assert reflex.status == "completed"


def test_it_never_hangs_on_another_persons_order(send: Send, crp: ServiceRequest, an: User) -> None:
    hoa = admit(make_patient("Trần Thị Hoa"))
    sent = send(oru(added(f"{crp.placer_number}^F1"), PCT, pid=pid(hoa)))
    assert state(sent) == DEAD
    assert DeadLetter.objects.get().reason == "order_of_another"
    assert not ServiceRequest.objects.filter(reflex_of__isnull=False).exists()


def test_what_follows_from_nothing_of_ours_is_filed_under_the_person(send: Send, crp: ServiceRequest) -> None:
    sent = send(oru(added("X1^F77"), PCT, pid=pid(crp.encounter)))
    assert state(sent) == APPLIED
    assert not ServiceRequest.objects.filter(reflex_of__isnull=False).exists()
    assert DiagnosticReport.objects.get().request is None


def test_whose_test_it_follows_is_part_of_whose_result_it_is() -> None:
    """The desk can't hang a result on another order without the laboratory."""
    told = {identity_of(parse(oru(added(parent), PCT))) for parent in ("", "YL1^F1", "YL2^F1")}
    assert len(told) == 3
