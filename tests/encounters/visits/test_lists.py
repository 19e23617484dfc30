"""Stays of a list are taken over together: what stands in the tables afterwards is what one by one leaves there."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import Location, User
from emr.audit.models import AuditEvent, RowVersion
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from encounters.visits import services
from encounters.visits.models import (
    AdmissionEntry,
    Condition,
    Encounter,
    EncounterLocation,
    EncounterParticipant,
    NumberSeries,
)
from encounters.visits.services import Arrival, Diagnosis, lists
from patients.registry.models import CareContext, Patient
from tests.emr.people import make_an, make_facility
from tests.encounters.visits.ward import EMERGENCY, SURGERY, admit, ago, department, discharge, know, make_bed
from tests.patients.people import make_clerk, make_patient
from tests.patients.registry.test_many import somebody_listens
from tests.support.tables import written

__all__ = ["somebody_listens"]  # a fixture
pytestmark = pytest.mark.django_db
TABLES = (
    Patient, Encounter, EncounterLocation, EncounterParticipant, AdmissionEntry, NumberSeries, Condition, CareContext,
    AuditEvent, RowVersion, OutboxEvent,
)  # fmt: skip
WHY = "Nhập từ danh sách"
Line = tuple[Arrival, str, str]


def arrival(patient: Patient, number: str, **told: Any) -> Arrival:
    known: dict[str, Any] = {"encounter_class": "IMP", "department": department(), "at": ago(days=2)}
    return Arrival(patient=patient, identifier=number, late_reason=WHY, **known | told)


def the_list(an: User) -> list[Line]:
    """(who comes, code, words): beds free, taken, twice on the list, out of use and elsewhere; two years; two kinds."""
    people = [make_patient(f"Người Thứ {n}") for n in range(8)]
    bed, taken = make_bed("01"), make_bed("02")
    admit(people[7], bed=taken, at=ago(days=9), late_reason=WHY)
    broken = make_bed("03", status=Location.Status.SUSPENDED)
    far = make_bed("11", SURGERY)
    return [
        (arrival(people[0], "DT0", bed=bed, bed_as_sent="01", attending=an), "J18.9", "Viêm phổi"),
        (arrival(people[1], "DT1", bed=bed, bed_as_sent="01", at=ago(days=1)), "J18.9", ""),
        (arrival(people[2], "DT2", bed=taken, bed_as_sent="02"), "", "Chưa rõ"),
        (arrival(people[3], "DT3", bed=broken, bed_as_sent="03"), "X99", "Mã lạ"),
        (arrival(people[4], "DT4", bed=far, bed_as_sent="11", at=ago(days=400)), "", ""),
        (arrival(people[5], "DT5", department=None, department_as_sent="K77", location_as_sent="P9"), "", ""),
        (arrival(people[6], "DT6", encounter_class="EMER", department=department(EMERGENCY), attending=an), "", ""),
        (arrival(people[6], "DT7", at=ago(hours=3)), "", ""),
    ]  # fmt: skip


def one_by_one(lines: list[Line], by: User) -> None:
    """As a clerk would type it."""
    for told, code, text in lines:
        shared: dict[str, Any] = {
            name: getattr(told, name)
            for name in ("patient", "department", "at", "identifier", "attending", "late_reason", "department_as_sent")
        }  # fmt: skip

        def arrive(shared: dict[str, Any] = shared, told: Arrival = told, **place: Any) -> Encounter:
            if told.encounter_class == "IMP":
                return services.admit(by=by, **shared, **place)
            return services.start_visit(by=by, encounter_class=told.encounter_class, **shared, **place)

        try:
            with transaction.atomic():
                stay = arrive(bed=told.bed, location_as_sent=told.location_as_sent)
        except DomainError:
            stay = arrive(bed=None, location_as_sent=told.bed_as_sent)
        if code or text:
            about: dict[str, Any] = {
                "encounter": stay,
                "role": "admission",
                "by": by,
                "at": told.at,
                "late_reason": WHY,
            }
            try:
                with transaction.atomic():
                    services.record_diagnosis(code=code, text=text, **about)
            except DomainError:
                services.record_diagnosis(code="", text=f"{text} ({code})", **about)


def together(lines: list[Line], by: User) -> list[lists.Arrived]:
    arrived = services.take_over_stays(
        facility=make_facility(), arrivals=[told for told, _code, _text in lines], by=by
    )
    asked = [
        Diagnosis(encounter=one.stay, role="admission", code=code, text=text, at=told.at, late_reason=WHY)
        for (told, code, text), one in zip(lines, arrived, strict=True)
        if one.stay and (code or text)
    ]
    outcomes = services.record_first_diagnoses(told=asked, by=by)
    again = [
        Diagnosis(
            encounter=one.encounter,
            role="admission",
            text=f"{one.text} ({one.code})",
            at=one.at,
            late_reason=WHY,
        )
        for one, outcome in zip(asked, outcomes, strict=True)
        if isinstance(outcome, DomainError)
    ]
    services.record_first_diagnoses(told=again, by=by)
    return arrived


@pytest.fixture
def an() -> User:
    know("J18.9", "Viêm phổi, không đặc hiệu")
    return make_an(department())


def test_together_leaves_what_one_by_one_leaves(somebody_listens: None, an: User) -> None:
    clerk, lines = make_clerk(), the_list(an)
    with transaction.atomic():
        one_by_one(lines, clerk)
        expected = written(*TABLES)
        transaction.set_rollback(True)
    arrived = together(lines, clerk)
    found = written(*TABLES)
    # The number of a diagnosis is drawn before or after another's: what each says is what counts.
    for told in (found, expected):
        told["visits.Condition"].sort(key=repr)
        for event in told["audit.AuditEvent"] + told["outbox.OutboxEvent"]:
            event.pop("entity_id" if "entity_id" in event else "payload") if "ondition" in repr(
                event
            ) else None
    assert found == expected
    assert [one.no_bed.code if one.no_bed else "" for one in arrived] == [
        "", "bed_taken", "bed_taken", "bed_out_of_use", "bed_elsewhere", "", "", "",
    ]  # fmt: skip
    assert all(one.is_new for one in arrived)
    assert Condition.objects.get(encounter__identifier="DT3").text == "Mã lạ (X99)"
    assert Encounter.objects.filter(admission_number__gt="").count() == 8
    assert OutboxEvent.objects.filter(topic="condition.recorded").count() == 4


def test_each_refusal_stands_alone(an: User) -> None:
    dao, nam, cu = make_patient(), make_patient("Trần Văn Năm"), make_patient("Cụ Cố")
    lying = admit(dao, identifier="DT-CU", at=ago(days=3), late_reason=WHY)
    gone = discharge(
        admit(nam, at=ago(days=9), late_reason=WHY, identifier="DT-XONG"), at=ago(days=8), late_reason=WHY
    )
    Patient.objects.filter(pk=cu.pk).update(deceased_at=ago(days=5))
    arrived = services.take_over_stays(
        facility=make_facility(),
        by=an,
        arrivals=[
            arrival(dao, "DT-MOI"),  # lies here already
            arrival(dao, "DT-CU"),
            arrival(nam, "DT-CU"),
            arrival(nam, "DT-XONG"),
            arrival(nam, "DT1", at=ago(days=8.5)),  # inside the stay that ended
            arrival(nam, "DT2", at=gone.ended_at),
            arrival(nam, "DT3"),  # after the line before
            arrival(cu, "DT4"),
            arrival(cu, "DT5", at=ago(days=-3)),
            arrival(cu, "DT6", at=dt.datetime(1950, 1, 1, tzinfo=dt.UTC)),
            arrival(cu, "DT7", at=ago(days=6)),
        ],
    )
    assert [one.refusal.code if one.refusal else "" for one in arrived] == [
        "overlapping_stay", "", "identifier_taken", "", "overlapping_stay", "", "overlapping_stay", "after_death",
        "in_the_future", "before_birth", "",
    ]  # fmt: skip
    assert [one.stay for one in arrived][1::2][:2] == [lying, gone]
    assert [one.is_new for one in arrived] == [False] * 5 + [True] + [False] * 4 + [True]
    numbers = AdmissionEntry.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(numbers) == list(range(1, len(numbers) + 1)), "the register has no gap"


def test_what_only_the_database_sees_is_refused_in_words(an: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another hand was quicker: nothing is written, and the refusal can be read."""
    dao = make_patient()
    admit(dao, at=ago(days=3), late_reason=WHY)
    monkeypatch.setattr(lists, "_meets", lambda _spans, _at: False)
    both = [arrival(make_patient("Ai"), "DT1"), arrival(dao, "DT2")]
    before = written(*TABLES)
    with pytest.raises(DomainError) as refused, transaction.atomic():
        services.take_over_stays(facility=make_facility(), by=an, arrivals=both)
    assert refused.value.code == "overlapping_stay"
    assert written(*TABLES) == before


def test_a_stay_that_has_a_diagnosis_gets_the_next_by_the_usual_way(an: User) -> None:
    first, second = admit(), admit(make_patient("Trần Văn Năm"))
    services.record_diagnosis(encounter=first, role="admission", by=an, text="Ho")
    outcomes = services.record_first_diagnoses(
        told=[
            Diagnosis(encounter=first, role="admission", text="Sốt", at=first.started_at),
            Diagnosis(encounter=second, role="admission", text="", at=second.started_at),
        ],
        by=an,
    )
    assert isinstance(outcomes[1], DomainError)
    ranks = Condition.objects.order_by("rank").values_list("text", "rank")
    assert list(ranks) == [("Ho", 1), ("Sốt", 2)]
    with pytest.raises(ValueError, match="one diagnosis a stay"):
        one = Diagnosis(encounter=first, role="admission", text="Sốt", at=first.started_at)
        services.record_first_diagnoses(told=[one, one], by=an)


def test_many_cost_no_more_statements_than_few(an: User) -> None:
    def statements(count: int) -> int:
        lines: list[Line] = [
            (
                arrival(make_patient(f"{count} {n}"), f"DT{count}-{n}", bed=make_bed(f"{count}{n}"), attending=an),
                "J18.9",
                "",
            )
            for n in range(count)
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as seen:
            together(lines, an)
        return len(seen)

    few = statements(2)
    assert statements(60) == few
    assert few <= 35
