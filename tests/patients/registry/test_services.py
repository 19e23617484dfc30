"""Registering, numbers, people: what the hospital's rules say, and what they refuse."""

import datetime as dt

import pytest

from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import DomainError
from patients.registry import systems
from patients.registry.cards import parse_card
from patients.registry.matching import match_card
from patients.registry.models import Identifier, Patient, RelatedPerson
from patients.registry.selectors import dossier_of
from patients.registry.services import (
    AlreadyRegistered,
    NewNumber,
    PossibleDuplicates,
    add_identifier,
    end_identifier,
    merge_patients,
    register_newborn,
    register_patient,
    register_unknown,
    set_related_person,
    update_patient,
)
from tests.emr.people import make_facility
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db

CARD = "038157012345|171234567|NGUYỄN THỊ ĐÀO|14031957|Nữ|Thôn 3|21122021"


def test_patient_numbers_keep_their_zeros_and_pass_over_the_his_own() -> None:
    facility = make_facility()
    numbers = [make_patient(f"Người {n}", mrn="00000002" if n == 0 else "") for n in range(3)]
    held = [Identifier.objects.get(patient=p, system=systems.mrn(facility)).value for p in numbers]
    assert held == ["00000002", "00000001", "00000003"]


def test_a_number_of_our_own_is_never_given_twice() -> None:
    make_patient(mrn="X1")
    with pytest.raises(DomainError) as refused:
        make_patient("Trần Văn Hùng", mrn="X1")
    assert refused.value.code == "number_taken"
    assert Patient.objects.count() == 1


def test_a_citizen_number_that_two_people_show_is_kept_and_flagged_on_both() -> None:
    dao, hung = make_patient(), make_patient("Trần Văn Hùng")
    for patient in (dao, hung):
        add_identifier(patient=patient, system=systems.CITIZEN, value="038157012345", by=None)
    assert list(Identifier.objects.filter(system=systems.CITIZEN).values_list("is_shared", flat=True)) == [
        True,
        True,
    ]


def test_a_citizen_number_has_twelve_digits() -> None:
    with pytest.raises(DomainError):
        add_identifier(patient=make_patient(), system=systems.CITIZEN, value="12345", by=None)


def test_somebody_with_that_number_is_shown_instead_of_a_second_record() -> None:
    facility, dao = make_facility(), make_patient()
    add_identifier(patient=dao, system=systems.CITIZEN, value="038157012345", by=None)
    with pytest.raises(AlreadyRegistered) as known:
        register_patient(
            facility=facility,
            by=None,
            full_name="Khác Tên",
            numbers=[NewNumber(systems.CITIZEN, "038157012345")],
        )
    assert known.value.patient == dao
    assert Patient.objects.count() == 1


def test_somebody_alike_is_asked_about_and_another_person_is_not() -> None:
    facility, dao = make_facility(), make_patient()
    alike = {"facility": facility, "by": None, "full_name": "Nguyen Thi Dao", "sex": "female"}
    with pytest.raises(PossibleDuplicates) as found:
        register_patient(**alike, birth_date=dt.date(1957, 3, 14))  # type: ignore[arg-type]
    assert [m.patient for m in found.value.matches] == [dao]
    assert found.value.matches[0].reasons
    register_patient(**alike, birth_date=dt.date(1999, 3, 14))  # type: ignore[arg-type]
    register_patient(**alike, birth_date=dt.date(1957, 3, 14), another_person=True)  # type: ignore[arg-type]
    assert Patient.objects.count() == 3


@pytest.mark.parametrize(
    "born",
    [
        {"birth_date": local_today() + dt.timedelta(days=1)},
        {"birth_year": local_today().year + 1},
        {"birth_year": 1850},
    ],
)
def test_a_birth_that_cannot_be_is_refused(born: dict[str, object]) -> None:
    with pytest.raises(DomainError):
        make_patient(**born)
    assert not Patient.objects.exists()


def test_a_card_means_new_known_or_possible() -> None:
    facility, card = make_facility(), parse_card(CARD)
    assert match_card(facility, card).kind == "new"
    dao = make_patient()
    assert match_card(facility, card).kind == "possible"
    add_identifier(patient=dao, system=systems.CITIZEN, value="038157012345", by=None)
    assert match_card(facility, card).patient == dao
    assert match_card(make_facility("11111", "Nơi khác"), card).kind == "new"


def test_the_former_number_on_a_new_card_proposes_the_old_record() -> None:
    facility, dao = make_facility(), make_patient("Nguyễn Đào", birth_date=dt.date(1957, 3, 14))
    add_identifier(patient=dao, system=systems.OLD_CITIZEN, value="171234567", by=None)
    match = match_card(facility, parse_card(CARD))
    assert (match.kind, match.matches[0].patient) == ("possible", dao)


def test_a_new_patient_with_somebody_s_foreign_number_is_flagged_and_so_is_the_other() -> None:
    number = NewNumber(systems.CITIZEN, "001080000017")
    for name in ("Nguyễn Văn An", "Trần Thị Bình"):
        register_patient(
            facility=make_facility(), by=None, full_name=name, numbers=[number, number], another_person=True
        )
    flags = Identifier.objects.filter(system=systems.CITIZEN).order_by("pk")
    assert list(flags.values_list("patient__full_name", "is_shared")) == [
        ("Nguyễn Văn An", True),
        ("Trần Thị Bình", True),
    ]


def test_a_shared_number_with_another_name_is_asked_about_and_not_opened() -> None:
    facility = make_facility()
    hung = make_patient("Trần Văn Hùng", birth_date=dt.date(1987, 1, 1), sex="male")
    add_identifier(patient=hung, system=systems.CITIZEN, value="038157012345", by=None)
    match = match_card(facility, parse_card(CARD))
    assert (match.kind, match.matches[0].patient) == ("possible", hung)
    assert match.matches[0].doubts


def test_the_card_of_a_merged_row_opens_its_survivor() -> None:
    dao, twice = make_patient(), make_patient()
    add_identifier(patient=twice, system=systems.CITIZEN, value="038157012345", by=None)
    merge_patients(survivor=dao, duplicate=twice, by=None, reason="Cùng người")
    assert match_card(make_facility(), parse_card(CARD)).patient == dao


def test_a_representative_needs_a_basis_and_an_id_number() -> None:
    dao = make_patient()
    con = {"patient": dao, "full_name": "Lê Văn Con", "relationship": "CHILD", "by": None}
    for lacking in ({}, {"basis": "adult-child"}, {"id_number": "001"}):
        with pytest.raises(DomainError):
            set_related_person(**con, is_representative=True, **lacking)  # type: ignore[arg-type]
    first = set_related_person(**con, is_representative=True, basis="adult-child", id_number="001")  # type: ignore[arg-type]
    second = set_related_person(**con, replaces=first, phone="0912")  # type: ignore[arg-type]
    assert dossier_of(dao).people == [second]
    assert RelatedPerson.objects.get(pk=first.pk).ended_at is not None


def test_a_newborn_belongs_to_its_mother_and_a_twin_is_another_child() -> None:
    mother, today = (
        make_patient("Lê Thị Mẹ", birth_date=dt.date(2000, 1, 1), ethnic_group="02"),
        local_today(),
    )
    first = register_newborn(mother=mother, by=None, birth_date=today, sex="male", birth_order=1)
    register_newborn(mother=mother, by=None, birth_date=today, sex="male", birth_order=2)
    with pytest.raises(AlreadyRegistered):
        register_newborn(mother=mother, by=None, birth_date=today, sex="male", birth_order=1)
    assert (first.mother, first.ethnic_group) == (mother, "02")
    assert mother.newborns.count() == 2


def test_somebody_unknown_gets_a_code_that_is_no_personal_number_and_a_name_later() -> None:
    clerk = make_clerk()
    somebody = register_unknown(facility=make_facility(), by=clerk, description="Nam, 50 tuổi")
    code = somebody.identifiers.get(system=systems.temporary(somebody.facility)).value
    assert not code.isdigit()
    named = update_patient(
        patient=somebody, by=clerk, version=1, full_name="Trần Văn Hùng", is_temporary=False
    )
    assert (named.search_name, named.version) == ("tran van hung", 2)
    with pytest.raises(DomainError):
        register_unknown(facility=make_facility(), by=clerk, description=" ")


def test_an_ended_number_no_longer_opens_the_chart_but_is_kept() -> None:
    dao = make_patient()
    number = add_identifier(patient=dao, system=systems.CITIZEN, value="038157012345", by=None)
    end_identifier(identifier=number, by=None)
    assert match_card(make_facility(), parse_card(CARD)).kind == "possible"
    again = add_identifier(patient=dao, system=systems.CITIZEN, value="038157012345", by=None)
    assert (again.pk, again.is_active) == (number.pk, True)


def test_nothing_different_writes_nothing() -> None:
    dao = make_patient()
    update_patient(patient=dao, by=None, version=1, full_name=" Nguyễn  Thị Đào ")
    dao.refresh_from_db()
    assert dao.version == 1
    assert not AuditEvent.objects.filter(action="patient.update").exists()
