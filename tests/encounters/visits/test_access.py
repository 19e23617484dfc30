"""Whose stays a person reaches, and where they may act."""

import pytest

from emr.accounts.access import Denied
from emr.accounts.models import PractitionerRole
from encounters.visits import permissions, services
from encounters.visits.access import access_encounter, encounters_for
from patients.registry.services import merge_patients
from tests.emr.people import make_an, make_chi, make_department, make_facility, make_user
from tests.encounters.visits.ward import SURGERY, admit, ago, department
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db


def test_a_ward_reaches_its_own_patients_and_the_clerk_everybodys() -> None:
    stay, other = admit(), admit(make_patient("Lê Văn Hùng"), department=department(SURGERY))
    an, chi, clerk = make_an(), make_chi(), make_clerk()
    assert list(encounters_for(an)) == [stay]
    assert list(encounters_for(chi)) == [other]
    assert set(encounters_for(clerk)) == {stay, other}
    assert access_encounter(an, stay.uuid) == stay
    with pytest.raises(Denied) as denied:
        access_encounter(an, other.uuid)
    assert denied.value.hidden
    assert denied.value.patient_id == other.patient_id


def test_the_former_ward_reads_on_and_acts_no_more() -> None:
    stay, an, chi = admit(at=ago(hours=3)), make_an(), make_chi()
    services.transfer(encounter=stay, department=department(SURGERY), by=None)
    assert access_encounter(an, stay.uuid) == stay
    with pytest.raises(Denied) as denied:
        access_encounter(an, stay.uuid, permissions.DISCHARGE)
    assert not denied.value.hidden
    assert access_encounter(chi, stay.uuid, permissions.DISCHARGE) == stay


def test_another_facility_reaches_nothing() -> None:
    stay = admit()
    elsewhere = make_department(make_facility("88888", "Bệnh viện khác"), "K01", "Khoa Khám")
    stranger = make_user("la", "Người Lạ", "registration", elsewhere)
    assert not encounters_for(stranger).exists()
    with pytest.raises(Denied):
        access_encounter(stranger, stay.uuid)


def test_a_role_that_ended_reaches_nothing() -> None:
    an, stay = make_an(), admit()
    PractitionerRole.objects.filter(user=an).update(starts_at=ago(days=9), ends_at=ago(minutes=1))
    an = type(an).objects.get(pk=an.pk)
    with pytest.raises(Denied):
        access_encounter(an, stay.uuid)


def test_stays_of_merged_rows_are_reached_as_one_person_and_new_ones_go_to_the_survivor() -> None:
    an, clerk = make_an(), make_clerk()
    survivor, duplicate = make_patient("Nguyễn Thị Đào"), make_patient("Nguyễn Thị Đao")
    old = admit(duplicate, at=ago(hours=8))
    from tests.encounters.visits.ward import discharge  # noqa: PLC0415

    discharge(old, at=ago(hours=5))
    merge_patients(survivor=survivor, duplicate=duplicate, by=clerk, reason="Cùng một người")
    duplicate.refresh_from_db()
    new = admit(duplicate)
    assert new.patient == survivor
    assert {old, new} <= set(encounters_for(an))
