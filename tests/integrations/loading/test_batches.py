"""Lines are applied many at once: a handful of statements for all, and each line's end is its own."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from encounters.visits.models import Condition, Encounter
from integrations.his.models import Master
from integrations.loading import reading, services
from integrations.loading.models import FirstLoad, PastStay
from integrations.loading.services import people
from patients.registry.models import Patient
from tests.emr.people import make_an
from tests.encounters.visits.ward import admit, know, make_bed
from tests.integrations.loading.files import PATIENTS, SIGNED, STAYS, former_case, full_case, table, whole
from tests.integrations.loading.test_loading import (
    HOA,
    NAM,
    applied,
    here,
    kien,
    remarks,
    results,
    said,
    took,
)
from tests.patients.people import make_patient

__all__ = ["kien"]  # a fixture
pytestmark = pytest.mark.django_db


def statements(load: FirstLoad, kien: User) -> int:
    """What applying the list costs."""
    services.start(load=load, by=kien)
    with CaptureQueriesContext(connection) as seen:
        while services.apply_next(first_load_id=load.pk, lines=250):
            pass
    assert set(results(load)) == {"create"}
    return len(seen)


def test_two_hundred_lines_cost_no_more_statements_than_two(kien: User) -> None:
    """Patients, open stays with bed, doctor and diagnosis, past stays: none asks anything line by line."""
    department, moment = here()
    make_an(department)
    for n in range(250):
        make_bed(f"G{n}")
    know("J18.9", "Viêm phổi")
    began, cutover = said(moment - dt.timedelta(days=1)), moment - dt.timedelta(hours=1)

    def patients(those: range) -> bytes:
        return table(PATIENTS, *(f"BN{n};Người Thứ {n};1980;Nam;{n:012d};;09{n};Số {n}" for n in those))

    def stays(those: range) -> bytes:
        return table(STAYS, *(f"DT{n};BN{n};Nội trú;{began};K03;G{n};AN;J18.9;Ho {n}" for n in those))

    def past(those: range) -> bytes:
        return whole(*(full_case(f"LK{n}", f"BN{n}") for n in those))

    few, many = range(2), range(10, 210)
    costs = {
        kind: [statements(took(kien, list_of(those), kind, at), kien) for those in (few, many)]
        for kind, list_of, at in (
            ("patients", patients, None),
            ("stays", stays, cutover),
            ("history", past, None),
        )
    }
    for kind, (small, large) in costs.items():
        assert large == small, kind
        assert large <= 50, kind
    assert Encounter.objects.filter(locations__location__isnull=False).count() == 202
    assert Condition.objects.filter(code="J18.9").count() == 202


def test_one_bad_line_keeps_no_other_out(kien: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what a rule refuses, nor what nobody foresaw and PostgreSQL alone refuses."""
    lines = [f"BN{n};Người Thứ {n};19{n + 10};Nam;;;;" for n in range(12)]
    lines[4] = "BN4;Cụ Cố;01/01/1881;Nam;;;;"
    person_of = reading.person_of
    monkeypatch.setattr(reading, "person_of", lambda values: _odd(values["full_name"], person_of(values)))
    load = took(kien, table(PATIENTS, *lines))
    applied(load, kien)
    assert results(load) == ["create"] * 4 + ["error"] + ["create"] * 4 + ["error"] + ["create"] * 2
    assert remarks(load)[4] == remarks(load)[9] == ["refused"]
    assert Patient.objects.count() == 10
    assert AuditEvent.objects.filter(action="patient.register").count() == 10


def _odd(name: str, person: dict[str, Any]) -> dict[str, Any]:
    return person | {"workplace": "x" * 500} if name.endswith(" 9") else person


def test_where_another_hand_came_first_each_line_still_says_what_it_did(
    kien: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message of the HIS's registers somebody between our look and our writing: one by one, the line finds them."""
    load = took(kien, table(PATIENTS, HOA, NAM))
    make_patient("Trần Văn Năm", mrn="BN2", birth_year=1956, sex="male")
    services.start(load=load, by=kien)
    real, looks = people.patients_by_number, 0

    def too_early(which: FirstLoad, numbers: list[str]) -> dict[str, Patient]:
        nonlocal looks
        looks += 1
        if looks == 1:
            return {}
        return real(which, numbers)

    monkeypatch.setattr(people, "patients_by_number", too_early)
    while services.apply_next(first_load_id=load.pk):
        pass
    assert results(load) == ["create", "same"]
    assert Patient.objects.count() == 2


def test_the_hiss_own_list_may_say_what_the_his_keeps(kien: User) -> None:
    """Whoever keeps a matter may hand over a list of it; nobody at a page may change it for that."""
    department, moment = here()
    keep_all_at_the_his(kien)
    applied(took(kien, table(PATIENTS, HOA)), kien)
    line = f"DT1;BN1;Nội trú;{said(moment - dt.timedelta(days=1))};K03;;;;Viêm phổi"
    load = applied(took(kien, table(STAYS, line), "stays", moment - dt.timedelta(hours=1)), kien)
    assert results(load) == ["create"]
    assert Condition.objects.get().text == "Viêm phổi"
    with pytest.raises(DomainError) as refused:
        admit(at=moment, department=department)
    assert refused.value.code == "kept_elsewhere"


def keep_all_at_the_his(kien: User) -> None:
    for matter in ("demographics", "movement", "diagnoses"):
        Master.objects.create(facility=kien.facility, matter=matter, keeper="his", changed_by=kien)


def test_odd_letters_in_a_cell_stop_nothing(kien: User) -> None:
    load = took(kien, table(PATIENTS, HOA, "BN2;Trần\x00Văn Năm;1956;Nam;;;;"))
    applied(load, kien)
    assert Patient.objects.count() == 2


def test_past_stays_of_the_former_layout_come_in_beside_todays(kien: User) -> None:
    data = whole(former_case("LK1", "BN1"), full_case("LK2", "BN1"), in_facility=SIGNED, at_end="")
    assert results(applied(took(kien, data, "history"), kien)) == ["create", "create"]
    stay = PastStay.objects.get(number="LK1")
    assert (stay.diagnosis_code, stay.diagnosis_text, stay.care_type) == ("I10", "Tăng huyết áp < độ 2", "03")
    assert stay.content["XML1"]["MA_BENH"] == "I10"
    patient = Patient.objects.get()
    assert (patient.full_name, patient.birth_year, patient.sex) == ("TRẦN VĂN NĂM", 1956, "male")
    assert patient.identifiers.filter(value="0123456789").exists()
    assert results(applied(took(kien, data, "history"), kien)) == ["same", "same"]


def test_a_patient_is_registered_from_the_first_case_that_can_be_read(kien: User) -> None:
    """Cases of one person who isn't known: one that names an impossible birth spoils itself alone."""
    data = whole(
        full_case("LK1", "BN1", NGAY_SINH="20501301"),
        full_case("LK2", "BN1"),
        full_case("LK3", "BN1", DIA_CHI="Nơi khác"),
        full_case("LK4", "BN2", HO_TEN="Lê Thị Bốn"),
    )
    load = applied(took(kien, data, "history"), kien)
    assert results(load) == ["error", "create", "create", "create"]
    assert remarks(load) == [["refused"], ["new_patient"], [], ["new_patient"]]
    assert Patient.objects.count() == 2
    assert PastStay.objects.filter(patient__full_name="Trần Văn Năm").count() == 2
