"""Two clerks, one person, the same second: real connections, real locks."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from patients.registry import systems
from patients.registry.models import Identifier, MergeLink, Patient
from patients.registry.services import (
    AlreadyRegistered,
    NewNumber,
    PossibleDuplicates,
    merge_patients,
    register_patient,
)
from tests.emr.people import make_facility
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db(transaction=True)


def _both(*deeds: Callable[[], object]) -> list[object]:
    """Let each deed run in a connection and transaction of its own, all inside before any commits."""
    gate = threading.Barrier(len(deeds))
    answers: list[object] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                gate.wait(10)
                answers[place] = deeds[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_the_second_clerk_is_shown_the_firsts_record() -> None:
    facility = make_facility()

    def register() -> Patient:
        return register_patient(
            facility=facility,
            by=None,
            full_name="Nguyễn Thị Đào",
            birth_year=1957,
            numbers=[NewNumber(systems.CITIZEN, "038157012345")],
        )

    answers = _both(register, register)
    made = Patient.objects.get()
    refused = [a for a in answers if isinstance(a, AlreadyRegistered)]
    assert [a for a in answers if isinstance(a, Patient)] == [made]
    assert [r.patient for r in refused] == [made]


def test_without_a_card_the_second_is_asked_whether_it_is_the_same_person() -> None:
    facility = make_facility()
    answers = _both(
        lambda: register_patient(facility=facility, by=None, full_name="Nguyễn Thị Đào", birth_year=1957),
        lambda: register_patient(facility=facility, by=None, full_name="NGUYỄN THỊ ĐÀO", birth_year=1957),
    )
    assert {type(a) for a in answers} == {Patient, PossibleDuplicates}
    assert Patient.objects.count() == 1


def test_one_form_pressed_twice_makes_one_patient() -> None:
    facility = make_facility()

    def press() -> Patient:
        return register_patient(
            facility=facility, by=None, full_name="Lê Văn Tám", key="form-1", another_person=True
        )

    first, second = _both(press, press)
    assert first == second
    assert Patient.objects.count() == 1


def test_many_clerks_get_many_numbers() -> None:
    facility = make_facility()
    names = ["An", "Bình", "Cường", "Dũng"]
    answers = _both(
        *[lambda name=name: register_patient(facility=facility, by=None, full_name=name) for name in names]
    )
    assert all(isinstance(a, Patient) for a in answers)
    values = Identifier.objects.filter(system=systems.mrn(facility)).values_list("value", flat=True)
    assert sorted(values) == ["00000001", "00000002", "00000003", "00000004"]


def test_two_merges_the_other_way_round_make_no_circle() -> None:
    first, second = make_patient(), make_patient("Trần Văn Hùng")
    _both(
        lambda: merge_patients(survivor=first, duplicate=second, by=None, reason="a"),
        lambda: merge_patients(survivor=second, duplicate=first, by=None, reason="b"),
    )
    assert MergeLink.objects.filter(undone_at=None).count() == 1
