"""Impossible times are refused with the reason; late entries keep both times and say why (R-21)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.visits import services
from encounters.visits.details import DeathDetails
from encounters.visits.models import Encounter, EncounterLocation
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, visit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def refusal(call: Callable[..., Any], **told: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        call(**told)
    return refused.value


def soon(minutes: float) -> dt.datetime:
    return now() + dt.timedelta(minutes=minutes)


def test_five_minutes_ahead_are_a_wrong_clock_more_are_a_mistake() -> None:
    assert admit(at=soon(4)).is_open
    patient = make_patient("Lê Văn Hùng")
    for verb in (admit, visit):
        assert refusal(verb, patient=patient, at=soon(6)).code == "in_the_future"
    stay = admit(patient)
    assert refusal(discharge, encounter=stay, at=soon(6)).code == "in_the_future"
    move = {"encounter": stay, "department": department(SURGERY), "by": None}
    assert refusal(services.transfer, **move, at=soon(6)).code == "in_the_future"


@pytest.mark.parametrize(
    ("birth", "refused"),
    [
        ({"birth_date": dt.date(2020, 5, 10)}, True),
        ({"birth_year": 2020, "birth_month": 6}, True),
        ({"birth_year": 2021}, True),
        ({"birth_date": dt.date(2020, 5, 9)}, False),
        ({"birth_year": 2020, "birth_month": 5}, False),
        ({"birth_year": 2020}, False),
    ],
)
def test_nobody_comes_before_their_birth_as_exactly_as_it_is_known(birth: dict, refused: bool) -> None:
    at = timezone.make_aware(dt.datetime(2020, 5, 9, 12, 0))  # noqa: DTZ001
    patient = make_patient(**birth)
    if refused:
        assert refusal(admit, patient=patient, at=at, late_reason="Hồ sơ cũ").code == "before_birth"
    else:
        assert admit(patient, at=at, late_reason="Hồ sơ cũ").is_open


def test_a_newborn_is_admitted_on_the_local_day_of_birth() -> None:
    born = timezone.localdate(now())
    at = timezone.make_aware(dt.datetime.combine(born, dt.time(0, 5)))
    assert admit(make_patient(birth_date=born), at=min(at, now()), late_reason="Đẻ tại khoa").is_open


def test_an_admission_lies_after_the_arrival_it_follows() -> None:
    came = visit(at=ago(hours=2))
    told = {"patient": came.patient, "visit": came, "department": department(), "by": None}
    assert refusal(services.admit, **told, at=ago(hours=3)).code == "too_early"


def test_a_move_lies_after_the_place_before_and_names_its_time() -> None:
    stay = admit(at=ago(hours=4))
    services.transfer(encounter=stay, department=department(SURGERY), by=None, at=ago(hours=2))
    back = {"encounter": stay, "department": department(), "by": None}
    error = refusal(services.transfer, **back, at=ago(hours=3))
    assert (error.code, error.field) == ("too_early", "at")
    assert timezone.localtime(ago(hours=2)).strftime("%d/%m/%Y %H") in str(error)


def test_nobody_leaves_before_they_came_or_after_moving_on() -> None:
    stay = admit(at=ago(hours=4))
    assert refusal(discharge, encounter=stay, at=ago(hours=5)).code == "too_early"
    services.transfer(encounter=stay, department=department(SURGERY), by=None, at=ago(hours=2))
    assert refusal(discharge, encounter=stay, at=ago(hours=3)).code == "too_early"


@pytest.mark.parametrize(
    ("outcome", "died", "code"),
    [("5", 5, "too_early"), ("5", -0.05, "too_late"), ("8", 1, "too_late"), ("8", -1, "in_the_future")],
)
def test_a_death_lies_where_its_kind_says(outcome: str, died: float, code: str) -> None:
    stay = visit(at=ago(hours=4))
    death = DeathDetails(died_at=ago(hours=died))
    error = refusal(discharge, encounter=stay, outcome=outcome, death=death)
    assert (error.code, error.field) == (code, "died_at")


def test_nothing_begins_after_death() -> None:
    stay = admit(at=ago(hours=4))
    discharge(stay, outcome="5", death=DeathDetails(died_at=ago(hours=1)))
    stay.patient.refresh_from_db()
    assert refusal(visit, patient=stay.patient).code == "after_death"


def test_a_procedure_lies_within_the_stay_and_ends_after_it_begins() -> None:
    stay = admit(at=ago(hours=4))
    told = {"encounter": stay, "kind": "surgery", "by": None, "text": "Cắt ruột thừa"}
    before = refusal(services.record_procedure, **told, started_at=ago(hours=5))
    assert (before.code, before.field) == ("too_early", "started_at")
    backwards = refusal(services.record_procedure, **told, started_at=ago(hours=2), ended_at=ago(hours=3))
    assert (backwards.code, backwards.field) == ("too_early", "ended_at")


def test_a_diagnosis_isnt_made_in_the_future() -> None:
    told = {"encounter": admit(), "role": "working", "text": "Viêm phổi", "by": None}
    assert refusal(services.record_diagnosis, **told, at=soon(10)).code == "in_the_future"


def test_a_late_entry_needs_its_reason_and_keeps_both_times() -> None:
    patient = make_patient()
    for verb in (admit, visit):
        error = refusal(verb, patient=patient, at=ago(hours=30))
        assert (error.code, error.field) == ("late_reason_required", "late_reason")
    stay = admit(patient, at=ago(hours=30), late_reason="  Mất mạng 21/11  ")
    assert stay.is_late_entry
    assert stay.late_reason == "Mất mạng 21/11"
    assert stay.entered_at - stay.started_at > dt.timedelta(hours=29)
    assert not admit(make_patient("Lê Văn Hùng"), at=ago(hours=3)).is_late_entry
    move = {"encounter": stay, "department": department(SURGERY), "by": None, "at": ago(hours=26)}
    assert refusal(services.transfer, **move).code == "late_reason_required"
    place = services.transfer(**move, late_reason="Mất mạng")
    assert (place.late_reason, place.starts_at) == ("Mất mạng", move["at"])
    assert refusal(discharge, encounter=stay, at=ago(hours=25)).code == "late_reason_required"
    gone = discharge(stay, at=ago(hours=25), late_reason="Mất mạng")
    assert gone.end_late_reason == "Mất mạng"
    assert gone.end_entered_at > gone.ended_at


def test_the_facility_says_how_late_is_late() -> None:
    from emr.accounts.models import FacilitySetting  # noqa: PLC0415

    patient = make_patient()
    FacilitySetting.objects.create(facility=patient.facility, name="late_entry_hours", value=2)
    assert refusal(admit, patient=patient, at=ago(hours=3)).code == "late_reason_required"


def test_a_time_without_a_zone_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        admit(at=dt.datetime(2026, 1, 1))  # noqa: DTZ001
    assert not Encounter.objects.exists()
    assert not EncounterLocation.objects.exists()
