"""What PostgreSQL itself refuses, whoever writes: rows are put there by plain SQL."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, connections, transaction
from django.db.utils import DatabaseError

from emr.audit.models import RowVersion
from emr.common.errors import DomainError
from encounters.visits import services
from encounters.visits.models import AdmissionEntry, Encounter, EncounterLocation
from tests.emr.people import make_department, make_facility
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, make_bed
from tests.patients.people import make_patient


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(statement: str, *values: Any, by: str) -> None:
    with pytest.raises((IntegrityError, InternalError, DatabaseError), match=by):
        sql(statement, *values)


_PLACE = (
    "INSERT INTO visits_encounterlocation (uuid, facility_id, encounter_id, department_id, location_id, starts_at,"
    " ends_at, entered_at, department_as_sent, location_as_sent, late_reason, reason, cancel_reason, cancelled_at)"
    " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, now(), '', '', '', '', '', %s)"
)


@pytest.mark.django_db
def test_no_two_patients_in_a_bed_at_once() -> None:
    bed, other = make_bed("01"), admit(make_patient("Lê Văn Hùng"), at=ago(hours=9))
    since = ago(hours=5)
    stay = admit(bed=bed, at=since)
    other.locations.update(ends_at=ago(hours=8))
    row = (stay.facility_id, other.pk, stay.department_id, bed.pk)
    refused(_PLACE, *row, ago(hours=2), None, None, by="no_two_patients_in_a_bed")
    refused(_PLACE, *row, ago(hours=6), ago(hours=4), None, by="no_two_patients_in_a_bed")
    sql(_PLACE, *row, ago(hours=7), since, None)
    sql(_PLACE, *row, ago(hours=4), None, ago(hours=1))


@pytest.mark.django_db
def test_no_patient_in_two_places_at_once() -> None:
    stay = admit(at=ago(hours=5))
    row = (stay.facility_id, stay.pk, stay.department_id, None)
    refused(_PLACE, *row, ago(hours=2), None, None, by="one_place_at_a_time")
    refused(_PLACE, *row, ago(hours=1), ago(hours=2), None, by="range|location_ends_after_it_starts")


@pytest.mark.django_db
def test_no_overlapping_inpatient_stays() -> None:
    first = admit(at=ago(hours=9))
    discharge(first, at=ago(hours=6))
    second = admit(first.patient, at=ago(hours=3))
    move = "UPDATE visits_encounter SET admitted_at = %s, started_at = %s WHERE id = %s"
    refused(move, ago(hours=7), ago(hours=7), second.pk, by="no_overlapping_inpatient_stays")
    sql(move, ago(hours=6), ago(hours=6), second.pk)
    with pytest.raises(DomainError) as again:
        admit(first.patient)
    assert again.value.code == "overlapping_stay"
    services.cancel_admission(encounter=second, by=None, reason="Nhầm")
    assert admit(first.patient, at=ago(hours=2)).is_open


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "by"),
    [
        (
            "ended_at = started_at - interval '1 second', status = 'finished'",
            "stay_ends_after_it_starts|admitted_between",
        ),
        ("admitted_at = started_at - interval '1 second'", "admitted_between_start_and_end"),
        ("admission_number = ''", "inpatients_have_an_admission_number"),
        ("status = 'finished'", "finished_stays_have_an_end"),
        ("ended_at = now()", "running_stays_have_no_end"),
    ],
)
def test_a_stay_makes_sense(change: str, by: str) -> None:
    stay = admit(at=ago(hours=1))
    refused(f"UPDATE visits_encounter SET {change} WHERE id = %s", stay.pk, by=by)  # noqa: S608


@pytest.mark.django_db
def test_numbers_are_one_stays_own() -> None:
    first, second = admit(), admit(make_patient("Lê Văn Hùng"))
    for column, value in (("identifier", first.identifier), ("admission_number", first.admission_number)):
        with pytest.raises(IntegrityError):
            sql(f"UPDATE visits_encounter SET {column} = %s WHERE id = %s", value, second.pk)  # noqa: S608


@pytest.mark.django_db
def test_another_facilitys_department_bed_and_patient_are_refused() -> None:
    stay = admit()
    elsewhere = make_facility("88888", "Bệnh viện khác")
    ward = make_department(elsewhere, "K03", "Khoa Nội khác")
    stranger = make_patient("Lê Văn Hùng", facility=elsewhere)
    refused("UPDATE visits_encounter SET department_id = %s WHERE id = %s", ward.pk, stay.pk, by="facility")
    refused("UPDATE visits_encounter SET patient_id = %s WHERE id = %s", stranger.pk, stay.pk, by="facility")
    with pytest.raises(DomainError) as no_such:
        services.transfer(encounter=stay, department=ward, by=None)
    assert no_such.value.code == "unknown_department"


@pytest.mark.django_db
def test_what_was_diagnosed_stays_as_it_was_written() -> None:
    stay = admit()
    row = services.record_diagnosis(encounter=stay, role="working", text="Viêm phổi", by=None)
    refused(
        "UPDATE visits_condition SET text = 'Khác' WHERE id = %s",
        row.pk,
        by="what_was_written_stays|[Cc]annot",
    )
    better = services.record_diagnosis(
        encounter=stay, role="working", text="Viêm phổi thùy", by=None, replaces=row, reason="Rõ hơn"
    )
    row.refresh_from_db()
    assert (row.status, row.error_reason, row.text) == ("entered-in-error", "Rõ hơn", "Viêm phổi")
    assert better.replaces == row
    main = services.record_diagnosis(encounter=stay, role="discharge-main", text="Một", by=None)
    services.record_diagnosis(encounter=stay, role="discharge-main", text="Hai", by=None)
    assert services.record_diagnosis(encounter=stay, role="discharge-main", text="Hai", by=None).text == "Hai"
    main.refresh_from_db()
    assert main.status == "entered-in-error"
    assert stay.conditions.filter(role="discharge-main").count() == 2


@pytest.mark.django_db
def test_every_change_of_a_stay_keeps_the_row_before() -> None:
    stay = admit(at=ago(hours=3))
    services.transfer(encounter=stay, department=department(SURGERY), by=None)
    kept = RowVersion.objects.filter(table_name="visits_encounter", row_id=stay.pk)
    assert [row.row["department_id"] for row in kept] == [department().pk]


def in_threads(*work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=_and_hang_up(one)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def _and_hang_up(work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run


@pytest.mark.django_db(transaction=True)
def test_admission_numbers_have_no_gaps_when_two_admit_at_once_and_one_fails() -> None:
    patients = [make_patient(f"Người Bệnh {number}") for number in range(5)]
    ward = department()
    taken, may_fail = threading.Event(), threading.Event()

    def fails() -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            services.admit(patient=patients[0], department=ward, by=None)
            taken.set()
            may_fail.wait(30)
            raise RuntimeError("the power failed")

    def waits() -> None:
        taken.wait(30)
        threading.Timer(0.5, may_fail.set).start()
        services.admit(patient=patients[1], department=ward, by=None)

    in_threads(fails, waits)
    in_threads(*[lambda p=p: services.admit(patient=p, department=ward, by=None) for p in patients[2:]])  # type: ignore[misc]
    cancelled = Encounter.objects.get(patient=patients[1])
    services.cancel_admission(encounter=cancelled, by=None, reason="Nhầm")
    services.admit(patient=patients[0], department=ward, by=None)
    entries = AdmissionEntry.objects.order_by("sequence")
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].encounter == cancelled
    assert entries[0].cancelled_at is not None
    cancelled.refresh_from_db()
    assert cancelled.admission_number == entries[0].number
    assert len({entry.number for entry in entries}) == 5


@pytest.mark.django_db(transaction=True)
def test_two_nurses_choosing_one_bed_in_the_same_second() -> None:
    bed, ward = make_bed("01"), department()
    patients = [make_patient("Một"), make_patient("Hai")]
    start, refusals = threading.Barrier(2), []

    def choose(number: int) -> None:
        start.wait(30)
        try:
            services.admit(patient=patients[number], department=ward, bed=bed, by=None)
        except DomainError as refusal:
            refusals.append(refusal.code)

    in_threads(lambda: choose(0), lambda: choose(1))
    assert refusals == ["bed_taken"]
    assert EncounterLocation.objects.filter(location=bed).count() == 1
    assert AdmissionEntry.objects.count() == 1


@pytest.mark.django_db
def test_the_register_begins_again_each_local_year_and_the_archive_has_its_own() -> None:
    import datetime as dt  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    # Half past midnight on New Year's Day here is still last year in UTC.
    late = timezone.make_aware(dt.datetime(2026, 1, 1, 0, 30))  # noqa: DTZ001
    early = timezone.make_aware(dt.datetime(2025, 12, 31, 23, 30))  # noqa: DTZ001
    first = admit(make_patient("Một"), at=late, late_reason="Sổ cũ")
    second = admit(make_patient("Hai"), at=early, late_reason="Sổ cũ")
    assert (first.admission_number, second.admission_number) == ("26000001", "25000001")
    with pytest.raises(DomainError):
        services.issue_archive_number(encounter=first, by=None)  # type: ignore[arg-type]
    from tests.emr.people import make_an  # noqa: PLC0415

    an = make_an()
    gone = discharge(first, at=late + dt.timedelta(days=2), late_reason="Sổ cũ")
    archived = services.issue_archive_number(encounter=gone, by=an)
    assert archived.archive_number == "26000001"
    assert services.issue_archive_number(encounter=gone, by=an).archive_number == "26000001"
    with pytest.raises(DomainError) as closed:
        services.cancel_discharge(encounter=gone, by=an, reason="Nhầm")
    assert closed.value.code == "archived"
