"""Results reach the chart: the right patient's, once, in the newest version, whatever the order and number of messages."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import now
from encounters.orders.providers import Wanted, earlier_results
from encounters.results.models import DiagnosticReport, Finding
from encounters.visits.models import Encounter
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.inbox import apply_message
from integrations.transport.listener import Frame
from integrations.transport.models import DeadLetter, MessageState
from patients.registry.models import Patient
from patients.registry.services import merge_patients
from tests.emr.people import make_an
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.integrations.conftest import Send, ago, reasons, state, work_off
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db
APPLIED, SUPERSEDED, DEAD, WAITING = "applied", "superseded", "dead", "waiting"
CREATININE = obx(
    "NM", "CRE^Creatinin^L^14682-9^Creatinine^LN", "142", unit="µmol/L", reference="53-115", flag="H"
)


@pytest.fixture
def dao(facility: Organization, send: Send) -> Patient:
    """Bà Đào, admitted four hours ago by the HIS."""
    raw = adt(
        "A01",
        "A1",
        at=ago(4),
        number="0000001",
        name="Đào^Thị Bích Đào",
        birth="19600203",
        sex="F",
        place="K03^P1^G1",
    )
    assert state(send(raw)) == APPLIED
    return Patient.objects.get()


def held() -> list[DiagnosticReport]:
    """What holds, oldest first."""
    return list(DiagnosticReport.objects.filter(replaced_by=None).order_by("pk"))


def test_a_result_stands_on_the_chart_of_the_stay(dao: Patient, send: Send) -> None:
    sent = send(oru(obr(), CREATININE))
    assert (state(sent), reasons(sent)) == (APPLIED, ["unmapped_service_kept"])
    (report,) = held()
    assert (report.patient, report.encounter) == (dao, Encounter.objects.get())
    assert (report.status, report.is_abnormal, report.source) == ("final", True, "hl7:99999:LIS")
    finding = Finding.objects.get()
    assert (finding.number, finding.flag, finding.unit) == (Decimal(142), "H", "µmol/L")


def test_the_same_result_under_another_control_id_is_known(dao: Patient, send: Send) -> None:
    assert state(send(oru(obr(), CREATININE))) == APPLIED
    assert state(send(oru(obr(), CREATININE, control="L2"))) == SUPERSEDED
    assert DiagnosticReport.objects.count() == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_any_order_and_doubled_the_correction_holds(
    dao: Patient, send: Send, order: tuple[int, ...]
) -> None:
    """F-17: preliminary, final, corrected."""
    raws = [
        (obr(status=status, changed=changed), obx("NM", "CRE^Creatinin^L", value))
        for status, changed, value in (("P", 3, "100"), ("F", 2, "142"), ("C", 1, "124"))
    ]
    for control, number in enumerate((*order, *order)):
        send(oru(*raws[number], control=f"L{control}"))
    (report,) = held()
    assert (report.status, report.findings.get().number) == ("corrected", Decimal(124))
    assert not DeadLetter.objects.exists()


def test_a_result_for_an_order_that_is_not_ours_says_so(dao: Patient, send: Send) -> None:
    sent = send(oru(obr(placer="HIS77"), CREATININE))
    assert (state(sent), reasons(sent)) == (APPLIED, ["unknown_order", "unmapped_service_kept"])
    assert held()[0].placer_number == "HIS77"


def test_a_result_before_its_patient_waits_for_the_admission(facility: Organization, send: Send) -> None:
    """F-18: nobody is made up from a result; another neighbour's admission wakes it."""
    result = send(oru(obr(), CREATININE))
    assert state(result) == WAITING
    assert not Patient.objects.exists()
    raw = adt("A01", "A1", at=ago(4), number="0000001", name="Đào^Thị Bích Đào", birth="19600203", sex="F")
    assert state(send(raw)) == APPLIED
    assert state(result) == APPLIED
    assert held()[0].patient == Patient.objects.get()


def test_a_result_isnt_given_up_while_its_patients_admission_waits_for_its_turn(
    facility: Organization, send: Send
) -> None:
    """F-18 after an outage: the inbox is behind, so the wait is over before what is waited for has been read."""
    result = send(oru(obr(), CREATININE))
    admission = adt(
        "A01", "A1", at=ago(4), number="0000001", name="Đào^Thị Bích Đào", birth="19600203", sex="F"
    )
    with wall.nowhere():
        hl7v2.receive([Frame(admission, "127.0.0.1")])

    def time_passes() -> str:
        MessageState.objects.filter(message=result).update(waits_until=now() - timedelta(seconds=1))
        with transaction.atomic():
            apply_message(message_id=result.pk)
        return state(result)

    assert time_passes() == WAITING
    until = MessageState.objects.get(message=result).waits_until
    assert until is not None
    assert until > now(), "it is asked again when that much has passed once more"
    work_off()
    assert state(result) == APPLIED
    assert held()[0].patient == Patient.objects.get()

    other = send(oru(obr(filler="F2"), CREATININE, control="L2", pid="PID|1||0000009^^^BV99999^MR"))
    MessageState.objects.filter(message=other).update(waits_until=now() - timedelta(seconds=1))
    apply_message(message_id=other.pk)
    assert state(other) == DEAD, "nothing of this patient is there: a person is told in time"


def test_a_number_that_leads_to_somebody_else_needs_a_person(dao: Patient, send: Send) -> None:
    pid = "PID|1||0000001^^^BV99999^MR||Lê^Văn Hùng||19851224|M"
    assert state(send(oru(obr(), CREATININE, pid=pid))) == DEAD
    assert DeadLetter.objects.get().reason == "result_of_another"
    misspelt = "PID|1||0000001^^^BV99999^MR||Đào^Thị Bích Đàu||1960|F"
    assert state(send(oru(obr(), CREATININE, pid=misspelt, control="L2"))) == APPLIED


def test_a_result_for_a_merged_number_stands_on_the_one_chart(dao: Patient, send: Send) -> None:
    send(adt("A28", "A2", at=ago(3), number="0000002", name="Đào^Thị Bích Đào", birth="19600203", sex="F"))
    other = Patient.objects.exclude(pk=dao.pk).get()
    merge_patients(survivor=dao, duplicate=other, by=None, reason="Một người", source="hl7")
    pid = "PID|1||0000002^^^BV99999^MR||Đào^Thị Bích Đào||19600203|F"
    assert state(send(oru(obr(), CREATININE, pid=pid))) == APPLIED
    assert held()[0].patient.root_id == dao.pk


def test_a_result_after_discharge_stands_on_the_stay_of_its_specimen(dao: Patient, send: Send) -> None:
    send(
        adt(
            "A03",
            "A3",
            at=ago(2),
            number="0000001",
            name="Đào^Thị Bích Đào",
            birth="19600203",
            sex="F",
            place="K03^P1^G1",
        )
    )
    stay = Encounter.objects.get()
    assert stay.status == "finished"
    assert state(send(oru(obr(taken=3), CREATININE, pv1=""))) == APPLIED
    assert held()[0].encounter == stay


def test_results_of_another_person_are_taken_back(dao: Patient, send: Send) -> None:
    send(oru(obr(), CREATININE))
    wrong = obx("NM", "CRE^Creatinin^L", "142", status="W")
    assert state(send(oru(obr(changed=0.5), wrong, control="L2"))) == APPLIED
    (report,) = held()
    assert report.status == "entered-in-error"
    assert report.reason
    assert state(send(oru(obr(changed=0.5), wrong, control="L3"))) == SUPERSEDED


def test_one_bad_group_leaves_the_whole_message_to_a_person(dao: Patient, send: Send) -> None:
    sent = send(oru(obr(), CREATININE, obr(filler="", code="B^Hai^L"), obx("NM", "B", "2")))
    assert state(sent) == DEAD
    assert not DiagnosticReport.objects.exists()


def test_a_file_is_kept_with_the_report(dao: Patient, send: Send) -> None:
    pdf = obx("ED", "PDF^Phiếu kết quả^L", "LIS^application^pdf^Base64^JVBERi0xLjcgdHJhbmc=")
    assert state(send(oru(obr(), pdf))) == APPLIED
    (report,) = held()
    assert report.attachments.get().title == "Phiếu kết quả"


def test_what_came_before_is_known_before_it_is_ordered_again(dao: Patient, send: Send) -> None:
    send(oru(obr(), CREATININE))
    (earlier,) = earlier_results([dao.pk], [Wanted("XN0015"), Wanted("XN0001")])
    assert (earlier.code, earlier.value, earlier.status) == ("XN0015", "Creatinin 142 µmol/L", "final")
    assert earlier.performed_at == held()[0].effective_at
    assert str(held()[0].uuid) in earlier.url
    assert held()[0].shown_number == "F1"


def test_a_value_among_others_is_known_by_its_loinc_alone(dao: Patient, send: Send) -> None:
    """A laboratory with codes of its own, and a panel that we don't order by that name."""
    send(oru(obr(code="SH12^Sinh hóa máu^L"), CREATININE))
    wanted = [Wanted("XN0015", "14682-9"), Wanted("XN0001", "58410-2")]
    (earlier,) = earlier_results([dao.pk], wanted)
    assert (earlier.code, earlier.value) == ("XN0015", "Creatinin 142 µmol/L")
    assert str(held()[0].uuid) in earlier.url
    send(
        oru(
            obr(code="SH12^Sinh hóa máu^L", status="C", changed=0.5),
            CREATININE.replace("142", "92"),
            control="L2",
        )
    )
    (earlier,) = earlier_results([dao.pk], wanted)
    assert earlier.value == "Creatinin 92 µmol/L", "what was corrected isn't offered"
    assert not earlier_results([dao.pk], [Wanted("XN0013", "4548-4")])
    assert [one.code for one in earlier_results([dao.pk], [Wanted("CRE"), *wanted])] == ["XN0015"], (
        "their CRE"
    )


def test_a_result_that_concerns_nobody_says_so(facility: Organization, send: Send) -> None:
    """Nobody has cared for the person: the result is kept, and the desk hears that no inbox has it."""
    send(adt("A28", "A2", at=ago(3), number="0000001", name="Đào^Thị Bích Đào", birth="19600203", sex="F"))
    sent = send(oru(obr(), CREATININE, pv1=""))
    assert state(sent) == APPLIED
    assert "nobody_to_tell" in reasons(sent)
    assert held()[0].encounter is None


def test_a_result_of_a_stay_that_never_was_needs_a_person(dao: Patient, send: Send) -> None:
    """The specimen's order hangs on an admission that was entered in error: whose it is, is for people to say."""
    chart.load_forms()
    request = order(Encounter.objects.get(), make_an())
    Encounter.objects.update(status="entered-in-error", cancelled_at=now())
    sent = send(oru(obr(placer=request.placer_number), CREATININE))
    assert state(sent) == DEAD
    assert DeadLetter.objects.get().reason == "refused"
    assert not DiagnosticReport.objects.exists()
