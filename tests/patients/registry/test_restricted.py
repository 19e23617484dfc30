"""Deny beats allow (S-05): a restricted patient is absent for everybody whom the rule doesn't name."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from emr.accounts.access import Denied
from emr.accounts.models import FacilitySetting, User
from emr.accounts.roles import RIGHTS
from emr.common.errors import DomainError
from encounters.orders import selectors as orders
from encounters.visits import selectors as visits
from encounters.visits.access import access_encounter, encounters_for
from patients.registry import permissions
from patients.registry.access import access_patient, is_masked, patients_for
from patients.registry.models import Patient
from patients.registry.selectors import recent_patients, search_patients
from patients.registry.services import merge_patients, restrict_patient
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.encounters.visits.ward import admit, discharge, make_bed
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db


def _head() -> User:
    return make_user("head", "Lê Thị Bích", "head_of_department", make_department(make_facility()))


def _restricted(by: User, **told: Any) -> Patient:
    patient = told.pop("patient", None) or make_patient()
    return restrict_patient(patient=patient, by=by, **({"level": "R", "reason": "hiv"} | told))


@pytest.mark.parametrize("role", ["nurse", "records", "planning", "director", "laboratory", "pharmacist"])
def test_the_ward_and_the_whole_house_see_nothing_of_a_restricted_patient(role: str) -> None:
    """S-05: list, count, search, likeness, recent, worklist, board."""
    ward, an = make_department(make_facility()), make_an()
    dao, bed = make_patient(), make_bed()
    stay = admit(dao, bed=bed)
    user = make_user("someone", "Phạm Văn Ai", role, ward)
    assert user.has_right("orders.read") or dao in patients_for(user, permissions.SEARCH)
    _restricted(an, patient=dao)
    for right in RIGHTS:
        assert dao not in patients_for(user, right)
    assert search_patients(user, "dao").patients == []
    assert search_patients(user, dao.identifiers.get().value).patients == []
    assert recent_patients(user) == []
    assert not encounters_for(user).exists()
    assert not visits.ward_places(user).exists()
    assert {chip.count for chip in visits.ward_chips(user, visits.ward_places(user))} == {0}
    assert not orders.worklist(user).exists()
    (cell,) = visits.bed_board(ward, user).cells
    assert cell.place is not None
    assert cell.place.is_hidden  # type: ignore[attr-defined]
    with pytest.raises(Denied) as denied:
        access_encounter(user, stay.uuid)
    assert denied.value.hidden or not user.has_right("visits.read")


def test_the_care_team_the_people_named_and_the_heads_see_the_chart() -> None:
    ward, an = make_department(make_facility()), make_an()
    dat = make_user("dat", "Trần Quốc Đạt", "doctor", ward)
    binh, head = make_binh(), _head()
    dao = make_patient()
    stay = admit(dao, attending=dat)
    _restricted(an, patient=dao, named=[binh])
    for user in (an, dat, binh, head):
        assert access_patient(user, dao.uuid) == dao
        assert list(encounters_for(user)) == [stay]
    restrict_patient(patient=dao, level="R", reason="hiv", named=[], by=an)
    assert not patients_for(binh).exists()
    restrict_patient(patient=dao, level="V", reason="staff", named=[], by=an)
    assert not patients_for(head).exists()
    assert dao in patients_for(dat)


def test_who_attended_still_finishes_the_papers_after_discharge() -> None:
    an = make_an()
    stay = admit(attending=an)
    _restricted(_head(), patient=stay.patient)
    discharge(stay)
    assert stay.patient in patients_for(an)


def test_the_facility_says_whom_the_rule_names() -> None:
    ward, planning = make_department(make_facility()), None
    planning = make_user("khth", "Phan Thanh Tùng", "planning", ward)
    dao, an, head = make_patient(), make_an(), _head()
    admit(dao)
    _restricted(an, patient=dao)
    FacilitySetting.objects.create(
        facility=dao.facility,
        name="restricted_reach",
        value={"department": [], "facility": ["planning"], "desk": []},
    )
    assert dao in patients_for(planning)
    assert dao not in patients_for(head)
    assert dao not in patients_for(make_clerk(), permissions.SEARCH)


def test_the_desk_finds_and_admits_the_person_and_sees_nothing_of_why(client: Client) -> None:
    clerk, an, dao = make_clerk(), make_an(), make_patient()
    stay = admit(dao)
    _restricted(an, patient=dao)
    assert search_patients(clerk, "dao").patients == [dao]
    assert search_patients(clerk, "dao").patients[0].last_department is None  # type: ignore[attr-defined]
    assert access_patient(clerk, dao.uuid, "visits.admit") == dao
    assert is_masked(clerk, dao)
    assert not encounters_for(clerk).exists()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/patients/{dao.uuid}/").content.decode()
    assert dao.full_name.upper() in page
    assert stay.admission_number not in page
    assert "Khoa Nội" not in page
    assert "HIV" not in page
    assert client.get(f"/encounters/{stay.uuid}/").status_code == 404
    assert client.get(f"/encounters/of/{dao.uuid}/").status_code == 404


def test_rows_merged_are_kept_as_closely_as_the_closest() -> None:
    an, binh = make_an(), make_binh()
    dao, twin = make_patient(), make_patient("Nguyễn Thị Dào")
    admit(dao)
    _restricted(an, patient=twin)
    merge_patients(survivor=dao, duplicate=twin, by=None, reason="Một người")
    assert set(Patient.objects.values_list("confidentiality", flat=True)) == {"R"}
    assert not patients_for(binh).exists()
    assert set(patients_for(an)) == {dao, twin}


def test_a_restriction_has_its_reason_and_people_of_the_house() -> None:
    an, dao = make_an(), make_patient()
    stranger = make_user(
        "la", "Người Lạ", "doctor", make_department(make_facility("88888", "Khác"), "K01", "Khám")
    )
    for told in ({"level": "X"}, {"reason": ""}, {"named": [stranger]}):
        with pytest.raises(DomainError):
            _restricted(an, patient=dao, **told)
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.filter(pk=dao.pk).update(confidentiality="R")
    dao.refresh_from_db()
    assert not dao.is_restricted
