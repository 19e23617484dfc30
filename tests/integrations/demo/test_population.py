"""The benchmark's population: found by the search as anybody else, the same from the same seed, never in a real hospital."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from emr.common.errors import DomainError
from integrations.demo import hospital
from integrations.demo.population import populate
from patients.registry.models import CareContext, Identifier, Patient
from patients.registry.selectors import search_patients
from patients.registry.services import register_patient

pytestmark = pytest.mark.django_db


def test_people_are_whole_and_found_by_name_and_number() -> None:
    facility = hospital.build_facility()
    clerk = hospital.build_people(facility)["tiepdon"]
    counts = populate(facility, patients=200, seed=7)
    assert counts["patients"] == Patient.objects.count() == 200
    assert counts["identifiers"] == Identifier.objects.count()
    assert CareContext.objects.count() == counts["encounters"] == 200
    someone = Patient.objects.order_by("pk")[150]
    columns = (someone.sort_key, someone.search_name, someone.birth_precision, someone.phone_digits)
    someone.save()  # derives them anew
    assert (someone.sort_key, someone.search_name, someone.birth_precision, someone.phone_digits) == columns
    for text in [someone.search_name, *someone.identifiers.values_list("value", flat=True), someone.phone]:
        assert someone in search_patients(clerk, text).patients


def test_the_same_seed_gives_the_same_people_and_numbers_go_on_after_them() -> None:
    facility = hospital.build_facility()
    clerk = hospital.build_people(facility)["tiepdon"]
    populate(facility, patients=20, seed=7)
    first = list(Patient.objects.order_by("pk").values_list("full_name", "birth_year", "phone"))
    populate(facility, patients=20, seed=7)
    assert list(Patient.objects.order_by("pk").values_list("full_name", "birth_year", "phone")) == first * 2
    added = register_patient(facility=facility, by=clerk, full_name="Nguyễn Văn An", another_person=True)
    assert added.identifiers.get().value == "00000041"


def test_a_failure_half_way_leaves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    facility = hospital.build_facility()
    hospital.build_people(facility)
    monkeypatch.setattr("integrations.demo.population.CHUNK", 10)
    monkeypatch.setattr("integrations.demo.population._care", lambda load, stay: {"patient_id": 1 / 0})
    with pytest.raises(ZeroDivisionError):
        populate(facility, patients=20, seed=7)
    assert not Patient.objects.exists()


def test_a_real_hospital_gets_no_invented_people(settings: Any) -> None:
    facility = hospital.build_facility()
    settings.EMR_DEMO = False
    with pytest.raises(DomainError):
        populate(facility, patients=1, seed=7)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_command_counts_and_refuses_nonsense(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("populate", "--patients", "5", "--seed", "1", "--format", "json")
    assert json.loads(capsys.readouterr().out)["patients"] == 5
    with pytest.raises(CommandError):
        call_command("populate", "--patients", "0", "--seed", "1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'registry_patient'")
        assert cursor.fetchone()[0] == 5  # the planner knows
