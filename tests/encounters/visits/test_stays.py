"""A patient comes, moves, leaves; and each step can be taken back."""

import uuid

import pytest

from emr.audit.models import AuditEvent
from emr.common.errors import Conflict, DomainError
from encounters.visits import services
from encounters.visits.clinical_data import register_clinical_data
from encounters.visits.details import Cause, DeathDetails
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.models import CareContext
from tests.emr.people import make_an
from tests.encounters.visits.ward import (
    EMERGENCY,
    SURGERY,
    admit,
    ago,
    department,
    discharge,
    know,
    make_bed,
    visit,
)
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def care(stay: Encounter) -> set[str]:
    """Codes of the departments that care for the patient now."""
    contexts = CareContext.objects.filter(source=f"encounter:{stay.pk}", ends_at=None)
    return set(contexts.values_list("department__code", flat=True))


def places(stay: Encounter) -> list[tuple[str, str | None, bool]]:
    rows = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None).select_related(
        "department", "location"
    )
    return [
        (row.department.code, row.location and row.location.code, row.ends_at is None)
        for row in rows.order_by("starts_at", "id")
    ]


def test_an_admission_gives_numbers_a_bed_and_the_departments_care() -> None:
    an = make_an()
    stay = admit(by=an, bed=make_bed("01"), attending=an, reason="Đau ngực", at=ago(hours=2))
    assert (stay.encounter_class, stay.status, stay.reason) == ("IMP", "in-progress", "Đau ngực")
    assert stay.admission_number.endswith("000001")
    assert stay.identifier
    assert stay.identifier != stay.admission_number
    assert places(stay) == [("K03", "01", True)]
    assert care(stay) == {"K03"}
    assert [p.role for p in stay.participants.all()] == ["ADM", "ATND"]
    line = AuditEvent.objects.get(action="encounter.admit")
    assert (line.agent_name, line.patient_id, line.entity_id) == ("an", stay.patient_id, stay.pk)


def test_a_visit_that_ends_in_admission_stays_one_course_of_treatment() -> None:
    came = visit(at=ago(hours=5), bed=make_bed("C1", EMERGENCY))
    stay = services.admit(
        patient=came.patient,
        visit=came,
        department=department(),
        bed=make_bed("01"),
        by=None,
        at=ago(hours=3),
    )
    assert stay.pk == came.pk
    assert (stay.identifier, stay.arrival_class, stay.encounter_class) == (came.identifier, "EMER", "IMP")
    assert stay.started_at < stay.admitted_at
    assert places(stay) == [("K02", "C1", False), ("K03", "01", True)]
    assert care(stay) == {"K03"}


def test_a_transfer_frees_the_bed_and_moves_the_care() -> None:
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    place = services.transfer(
        encounter=stay, department=department(SURGERY), by=None, bed=make_bed("N1", SURGERY)
    )
    assert places(stay) == [("K03", "01", False), ("K19", "N1", True)]
    assert care(stay) == {"K19"}
    stay.refresh_from_db()
    assert stay.department == place.department
    assert admit(make_patient("Lê Văn Hùng"), bed=make_bed("01")).is_open


def test_a_transfer_taken_back_leaves_no_trace_but_the_cancelled_row() -> None:
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    place = services.transfer(encounter=stay, department=department(SURGERY), by=None)
    former = services.cancel_transfer(encounter=stay, by=None, reason="Nhầm người bệnh", place=place)
    assert former.location == make_bed("01")
    assert places(stay) == [("K03", "01", True)]
    assert care(stay) == {"K03"}
    again = services.cancel_transfer(encounter=stay, by=None, reason="Nhầm người bệnh", place=place)
    assert again == former
    with pytest.raises(DomainError) as refused:
        services.cancel_transfer(encounter=stay, by=None, reason="Nhầm")
    assert refused.value.code == "nothing_to_cancel"


def test_a_bed_given_away_is_not_taken_back() -> None:
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    services.transfer(encounter=stay, department=department(SURGERY), by=None, at=ago(hours=4))
    admit(make_patient("Lê Văn Hùng"), bed=make_bed("01"), at=ago(hours=1))
    with pytest.raises(DomainError) as refused:
        services.cancel_transfer(encounter=stay, by=None, reason="Nhầm")
    assert refused.value.code == "bed_taken"
    former = services.cancel_transfer(encounter=stay, by=None, reason="Nhầm", keep_bed=False)
    assert (former.department, former.location) == (department(), None)
    assert places(stay) == [("K03", "01", False), ("K03", None, True)]


def test_a_discharge_and_its_taking_back() -> None:
    an = make_an()
    stay = admit(bed=make_bed("01"), at=ago(days=3, hours=1), late_reason="Mất điện", attending=an)
    gone = discharge(stay, by=an, at=ago(hours=1))
    assert (gone.status, gone.outcome, gone.disposition, gone.treatment_days) == ("finished", "2", "home", 3)
    assert places(stay) == [("K03", "01", False)]
    assert care(stay) == set()
    back = services.cancel_discharge(encounter=stay, by=an, reason="Nhầm")
    assert (back.status, back.ended_at, back.outcome) == ("in-progress", None, "")
    assert places(stay) == [("K03", "01", True)]
    assert care(stay) == {"K03"}
    assert back.participants.filter(role="ATND", ends_at=None).count() == 1


def test_a_discharge_isnt_taken_back_into_another_stay() -> None:
    stay = admit(at=ago(hours=9))
    discharge(stay, at=ago(hours=5))
    admit(stay.patient, at=ago(hours=2))
    with pytest.raises(DomainError) as refused:
        services.cancel_discharge(encounter=stay, by=None, reason="Nhầm")
    assert refused.value.code == "overlapping_stay"


def test_a_death_is_told_with_its_chain_and_voided_with_its_discharge() -> None:
    know("J18.9", "Viêm phổi, không đặc hiệu")
    stay = admit(at=ago(hours=9))
    death = DeathDetails(
        died_at=ago(hours=1),
        cause_kind="1",
        autopsy=False,
        causes=(
            Cause(line="Ia", text="Suy hô hấp cấp", interval=2, interval_unit="hour"),
            Cause(line="Ib", code="J18.9", text=""),
            Cause(line="II", text="Đái tháo đường"),
        ),
    )
    gone = discharge(stay, outcome="5", death=death)
    told = gone.deaths.get()
    assert told.timing == "1"
    assert [(c.line, c.code) for c in told.causes.all()] == [("II", ""), ("Ia", ""), ("Ib", "J18.9")]
    assert told.causes.get(line="Ib").text == "Viêm phổi, không đặc hiệu"
    stay.patient.refresh_from_db()
    assert stay.patient.deceased_at == death.died_at
    with pytest.raises(DomainError) as refused:
        admit(stay.patient)
    assert refused.value.code == "after_death"
    services.cancel_discharge(encounter=stay, by=None, reason="Nhầm người bệnh")
    stay.patient.refresh_from_db()
    assert stay.patient.deceased_at is None
    assert gone.deaths.get().voided_at is not None


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"outcome": ""}, "no_outcome"),
        ({"outcome": "9"}, "no_outcome"),
        ({"disposition": ""}, "no_disposition"),
        ({"disposition": "transfer"}, "no_destination"),
        ({"outcome": "5"}, "no_death"),
        ({"outcome": "5", "disposition": "transfer", "transfer_to_name": "BV tỉnh"}, "contradiction"),
    ],
)
def test_a_discharge_that_says_too_little_or_contradicts_itself_is_refused(told: dict, code: str) -> None:
    stay = admit()
    with pytest.raises(DomainError) as refused:
        discharge(stay, **told)
    assert refused.value.code == code
    stay.refresh_from_db()
    assert stay.is_open


def test_dead_before_arrival_and_grave_prognosis_are_kept_apart() -> None:
    came = visit(at=ago(hours=1))
    gone = discharge(came, outcome="8", death=DeathDetails(died_at=ago(hours=2)))
    assert gone.outcome == Encounter.Outcome.DIED_BEFORE_ARRIVAL
    other = discharge(visit(make_patient("Lê Văn Hùng")), outcome="6", disposition="taken-home")
    assert not other.deaths.exists()
    other.patient.refresh_from_db()
    assert other.patient.deceased_at is None


def test_a_direct_admission_taken_back_is_entered_in_error_and_keeps_its_number() -> None:
    stay = admit(bed=make_bed("01"))
    gone = services.cancel_admission(encounter=stay, by=None, reason="Nhầm người bệnh")
    assert (gone.status, gone.admission_number) == ("entered-in-error", stay.admission_number)
    assert gone.admission_entries.get().cancel_reason == "Nhầm người bệnh"
    assert care(stay) == set()
    following = admit(make_patient("Lê Văn Hùng"), bed=make_bed("01"))
    assert int(following.admission_number) == int(stay.admission_number) + 1


def test_an_admission_from_a_visit_taken_back_is_a_visit_again() -> None:
    came = visit(at=ago(hours=5), bed=make_bed("C1", EMERGENCY))
    stay = services.admit(
        patient=came.patient, visit=came, department=department(), bed=make_bed("01"), by=None
    )
    number = stay.admission_number
    services.transfer(encounter=stay, department=department(SURGERY), by=None)
    back = services.cancel_admission(encounter=stay, by=None, reason="Chưa nhập viện")
    assert (back.encounter_class, back.status, back.admission_number) == ("EMER", "in-progress", "")
    assert back.admitted_at is None
    assert places(back) == [("K02", "C1", True)]
    assert care(back) == {"K02"}
    assert back.admission_entries.get().number == number
    assert services.cancel_admission(encounter=stay, by=None, reason="Chưa nhập viện").version == back.version
    again = services.admit(patient=came.patient, visit=back, department=department(), by=None)
    assert int(again.admission_number) == int(number) + 1


def test_a_stay_with_clinical_data_is_not_entered_in_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encounters.visits.clinical_data._checks", {})
    register_clinical_data("documents", lambda encounter_id: encounter_id == stay.pk, title="tài liệu đã ký")
    stay = admit()
    with pytest.raises(DomainError, match="tài liệu đã ký") as refused:
        services.cancel_admission(encounter=stay, by=None, reason="Nhầm")
    assert refused.value.code == "has_clinical_data"
    empty = visit(make_patient("Lê Văn Hùng"))
    assert services.cancel_visit(encounter=empty, by=None, reason="Nhầm").status == "entered-in-error"


def test_what_is_sent_twice_is_done_once() -> None:
    key = uuid.uuid4()
    patient = make_patient()
    came = visit(patient, request_key=key)
    assert visit(patient, request_key=key).pk == came.pk
    admission = uuid.uuid4()
    told = {
        "patient": patient,
        "visit": came,
        "department": department(),
        "by": None,
        "request_key": admission,
    }
    stay = services.admit(**told)
    assert services.admit(**told).version == stay.version
    assert visit(patient, request_key=key).pk == stay.pk
    place = services.transfer(encounter=stay, department=department(SURGERY), by=None)
    assert services.transfer(encounter=stay, department=department(SURGERY), by=None) == place
    gone = discharge(stay)
    assert discharge(stay).version == gone.version
    assert Encounter.objects.count() == 1
    assert stay.admission_entries.count() == 1


def test_one_treatment_code_belongs_to_one_patient() -> None:
    visit(identifier="MLK01")
    with pytest.raises(DomainError) as refused:
        visit(make_patient("Lê Văn Hùng"), identifier="MLK01")
    assert refused.value.code == "identifier_taken"


def test_a_form_shown_before_somebody_elses_change_is_refused() -> None:
    stay = admit()
    services.transfer(encounter=stay, department=department(SURGERY), by=None, expected_version=stay.version)
    with pytest.raises(Conflict):
        discharge(stay, expected_version=stay.version)
    stay.refresh_from_db()
    assert stay.is_open
