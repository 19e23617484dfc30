"""Words about our orders: kept once; a refusal ends the order and rings, a rejection is drawn again."""

import pytest

from emr.accounts.models import Organization, User
from emr.notices.models import Notice
from encounters.orders.models import ServiceRequest
from encounters.orders.providers import progress_of
from encounters.orders.services import load_shipped
from encounters.specimens import services
from encounters.specimens.models import RequestEvent, Specimen
from encounters.specimens.selectors import needs_of_stay
from encounters.visits.models import Encounter
from patients.registry.models import Identifier
from tests.emr.people import make_an, make_binh
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.specimens.tubes import UREA, label
from tests.encounters.visits.ward import admit, department
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.lis.results import obr, obx, oru
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
APPLIED, SUPERSEDED, DEAD = "applied", "superseded", "dead"


@pytest.fixture
def an(facility: Organization) -> User:
    """The doctor who orders."""
    chart.load_forms()
    load_shipped("services", facility=facility)
    return make_an()


@pytest.fixture
def stay(an: User) -> Encounter:
    """Bà Đào's."""
    return admit()


@pytest.fixture
def urea(stay: Encounter, an: User) -> ServiceRequest:
    """One test in effect."""
    return order(stay, an, UREA, text="Định lượng urê máu")


def said(
    request: ServiceRequest,
    control: str,
    status: str = "",
    *,
    kind: str = "ORM^O01",
    at: float = -1,
    reason: str = "",
    spm: str = "",
    number: str | None = None,
    pid: str | None = None,
    sender: str = "LIS",
) -> bytes:
    """A message about the order; `at`: hours ago (default an hour ahead of the order: clocks differ)."""
    own = Identifier.objects.get(patient=request.patient, is_own=True).value
    placer = request.placer_number if number is None else number
    msh = f"MSH|^~\\&|{sender}|99999|EMR|99999|{ago(at)}||{kind}|S{control}{status}{at}|P|2.5.1||||||UNICODE UTF-8"
    orc = f"ORC|{control}|{placer}|F9||{status}||||{ago(at)}|||||||^{reason}"
    segments = [msh, f"PID|1||{pid or own}^^^BV99999^MR", orc, f"OBR|1|{placer}|F9|XN0014^Urê^L"]
    return ("\r".join([*segments, *([spm] if spm else [])]) + "\r").encode()


def kinds(request: ServiceRequest) -> list[str]:
    return list(RequestEvent.objects.filter(request=request).order_by("pk").values_list("kind", flat=True))


def test_in_progress_is_kept_once_and_the_ward_draws_no_more(
    send: Send, stay: Encounter, urea: ServiceRequest
) -> None:
    assert len(needs_of_stay(stay)) == 1
    assert state(send(said(urea, "SC", "IP"))) == APPLIED
    assert state(send(said(urea, "SC", "IP").replace(b"|SSCIP", b"|T"))) == SUPERSEDED
    assert needs_of_stay(stay) == []
    assert kinds(urea) == ["started", "received"]
    urea.refresh_from_db()
    assert urea.status == "active"
    assert progress_of([urea.pk])[urea.pk].who == "LIS"


@pytest.mark.parametrize(
    ("control", "status", "kind"),
    [("OC", "CA", "cancelled"), ("UA", "", "refused"), ("SC", "CA", "cancelled"), ("SC", "ER", "refused")],
)
@pytest.mark.parametrize("message", ["ORM^O01", "OML^O21", "ORR^O02", "ORL^O22"])
def test_a_refusal_ends_the_order_and_rings_for_who_ordered(
    send: Send, urea: ServiceRequest, an: User, control: str, status: str, kind: str, message: str
) -> None:
    sent = send(said(urea, control, status, kind=message, reason="Máy hỏng"))
    assert state(sent) == APPLIED, reasons(sent)
    urea.refresh_from_db()
    assert (urea.status, urea.status_changed_as, urea.status_reason) == ("revoked", "LIS", "Máy hỏng")
    assert kinds(urea) == [kind]
    notice = Notice.objects.get(kind="specimens.cancelled")
    assert notice.recipients.filter(user=an).exists()


def test_a_late_word_changes_nothing_of_an_answered_order(send: Send, urea: ServiceRequest) -> None:
    own = Identifier.objects.get(patient=urea.patient, is_own=True).value
    pid = f"PID|1||{own}^^^BV99999^MR||{urea.patient.full_name}||19570314|F"
    done = oru(obr(placer=urea.placer_number), obx("NM", "URE^Urê^L", "5.1", unit="mmol/L"), pid=pid, pv1="")
    assert state(send(done)) == APPLIED
    send(said(urea, "SC", "IP"))
    send(said(urea, "OC", "CA"))
    urea.refresh_from_db()
    assert urea.status == "completed"
    assert not Notice.objects.filter(kind="specimens.cancelled").exists()
    assert not Specimen.objects.exists()


def test_a_rejected_specimen_is_drawn_again_and_its_notice_ends_with_that(
    send: Send, stay: Encounter, urea: ServiceRequest, an: User
) -> None:
    binh = make_binh(department())
    [tube] = label(stay, binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    spm = f"SPM|1|{tube.accession_number}||SER" + "|" * 17 + "RH^Tán huyết"
    message = said(urea, "SC", "IP", spm=spm, kind="OML^O21")
    assert state(send(message)) == APPLIED
    tube.refresh_from_db()
    assert (tube.status, tube.reason) == ("unsatisfactory", "RH")
    [need] = needs_of_stay(stay)
    assert need.failed == tube
    notice = Notice.objects.get(kind="specimens.rejected")
    assert {r.user for r in notice.recipients.all()} >= {binh, an}
    [second] = label(stay, binh)
    services.collect_by_scan(specimen=second, encounter=stay, by=binh)
    notice.refresh_from_db()
    assert notice.cause_gone_at is not None
    assert state(send(message.replace(b"|SSCIP", b"|T"))) == SUPERSEDED
    second.refresh_from_db()
    assert second.status == "available"


def test_a_registered_report_says_that_the_specimen_is_there(
    send: Send, stay: Encounter, urea: ServiceRequest
) -> None:
    own = Identifier.objects.get(patient=urea.patient, is_own=True).value
    pid = f"PID|1||{own}^^^BV99999^MR||{urea.patient.full_name}||19570314|F"
    assert state(send(oru(obr(placer=urea.placer_number, status="I"), pid=pid, pv1=""))) == APPLIED
    assert needs_of_stay(stay) == []
    assert Specimen.objects.get().collected_as == "LIS"


@pytest.mark.parametrize(("status", "kind"), [("O", "accepted"), ("S", "scheduled")])
def test_an_order_that_is_merely_known_there_is_still_drawn(
    send: Send, stay: Encounter, urea: ServiceRequest, status: str, kind: str
) -> None:
    own = Identifier.objects.get(patient=urea.patient, is_own=True).value
    pid = f"PID|1||{own}^^^BV99999^MR||{urea.patient.full_name}||19570314|F"
    assert state(send(oru(obr(placer=urea.placer_number, status=status), pid=pid, pv1=""))) == APPLIED
    assert len(needs_of_stay(stay)) == 1
    assert kinds(urea) == [kind]


def test_what_isnt_ours_needs_a_person(send: Send, urea: ServiceRequest) -> None:
    assert state(send(said(urea, "SC", "IP", number="YL999"))) == DEAD
    other = admit(make_patient("Trần Thị Hoa"))
    theirs = Identifier.objects.get(patient=other.patient, is_own=True).value
    assert state(send(said(urea, "OC", "CA", pid=theirs))) == DEAD
    assert kinds(urea) == []


def test_an_answer_to_our_own_wish_is_a_remark_and_an_order_of_theirs_isnt_ours_to_read(
    send: Send, urea: ServiceRequest
) -> None:
    assert state(send(said(urea, "CR", "CA"))) == SUPERSEDED
    assert state(send(said(urea, "NW"))) == DEAD
    urea.refresh_from_db()
    assert urea.status == "active"
