"""What a reader from outside reaches: what is listed, from the first minute to the last, to read (R-28, S-01, S-05)."""

import datetime as dt

import pytest
from freezegun import freeze_time

from emr.accounts.access import Denied
from emr.accounts.models import FacilitySetting, PractitionerRole, User
from emr.accounts.roles import RIGHTS, WHEN_LISTED, is_clinical
from emr.common.clock import now
from encounters.documents.access import documents_for
from encounters.inspections import services
from encounters.inspections.access import access_mandate, mandates_for, mandates_in_force
from encounters.visits.access import access_encounter, encounters_for
from patients.registry.access import access_patient, is_masked, patients_for
from patients.registry.services import merge_patients, restrict_patient
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.encounters.chart import begin, load_forms, make_stay
from tests.encounters.inspections.letters import (
    anew,
    in_force,
    listing,
    make_lan,
    make_luu,
    make_tung,
    office,
    prepared,
    signed_document,
)
from tests.encounters.visits.ward import admit, department, discharge
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def _reached(user: User, right: str = "registry.read") -> list[str]:
    return sorted(patients_for(anew(user), right).values_list("full_name", flat=True))


def test_nothing_before_the_approval_and_nothing_that_is_not_listed() -> None:
    stay, other = admit(), admit(make_patient("Lê Văn Hùng"))
    lan = make_lan()
    assert _reached(lan) == []
    mandate = listing(stay.patient)
    assert _reached(lan) == []
    services.approve_mandate(mandate=mandate, by=make_user("gd", "Giám Đốc", "director", office()))
    assert _reached(lan) == ["Nguyễn Thị Đào"]
    assert list(encounters_for(anew(lan))) == [stay]
    with pytest.raises(Denied) as denied:
        access_patient(anew(lan), other.patient.uuid)
    assert denied.value.hidden
    with pytest.raises(Denied) as denied:
        access_encounter(anew(lan), other.uuid)
    assert denied.value.hidden


def test_the_readers_of_one_mandate_see_nothing_of_anothers() -> None:
    in_force(make_patient())
    minh = make_lan("minh", "Hồ Văn Minh")
    assert _reached(minh) == []
    in_force(make_patient("Lê Văn Hùng"), readers=[minh])
    assert _reached(minh) == ["Lê Văn Hùng"]
    assert _reached(make_lan()) == ["Nguyễn Thị Đào"]


def test_from_the_first_minute_to_the_last_and_not_a_day_of_care_longer() -> None:
    FacilitySetting.objects.create(facility=make_facility(), name="care_days", value=365)
    start, end = now() + dt.timedelta(hours=1), now() + dt.timedelta(hours=3)
    in_force(make_patient(), starts_at=start, ends_at=end)
    lan = make_lan()
    assert _reached(lan) == []
    for moment, reached in (
        (start, True),
        (end - dt.timedelta(seconds=1), True),
        (end, False),
        (end + dt.timedelta(minutes=1), False),
    ):
        with freeze_time(moment):
            assert bool(_reached(lan)) == reached, moment
            assert mandates_in_force(anew(lan)).exists() == reached


def test_withdrawn_it_is_over_at_once() -> None:
    mandate = in_force(make_patient())
    assert _reached(make_lan())
    services.withdraw_mandate(mandate=mandate, reason="Cơ quan rút yêu cầu", by=make_tung())
    assert _reached(make_lan()) == []
    assert not mandates_in_force(anew(make_lan())).exists()


def test_deny_beats_allow_unless_the_mandate_says_so() -> None:
    dao = make_patient()
    in_force(dao)
    lan, luu = make_lan(), make_luu()
    assert _reached(lan)
    restrict_patient(patient=dao, level="R", reason="hiv", by=luu)
    assert _reached(lan) == []
    in_force(dao, by=luu)
    assert _reached(lan) == ["Nguyễn Thị Đào"]
    restrict_patient(patient=dao, level="V", reason="hiv", by=luu)
    assert _reached(lan) == ["Nguyễn Thị Đào"]


def test_a_single_stay_of_a_restricted_chart_follows_the_same_rule() -> None:
    stay = admit()
    in_force(stay)
    lan, luu = make_lan(), make_luu()
    assert list(encounters_for(anew(lan))) == [stay]
    restrict_patient(patient=stay.patient, level="R", reason="hiv", by=luu)
    assert not encounters_for(anew(lan)).exists()
    in_force(stay, by=luu)
    assert list(encounters_for(anew(lan))) == [stay]


def test_another_facility_stays_another_facility() -> None:
    in_force(make_patient())
    away = make_facility("88888", "Khác")
    stranger = make_user("xa", "Người Xa", "inspector", make_department(away, "P01", "Phòng"))
    assert _reached(stranger) == []
    boss = make_user("xgd", "Giám Đốc Xa", "planning", make_department(away, "P01", "Phòng"))
    assert not mandates_for(boss).exists()
    with pytest.raises(Denied):
        access_mandate(boss, prepared().uuid)


def test_only_reading_is_opened_whatever_else_the_account_holds() -> None:
    """A bundle that was widened, or a role added after the approval, writes and prints nothing in listed charts."""
    an, stay = make_stay()
    entry = begin(stay, an)
    in_force(stay.patient)
    lan = make_lan()
    PractitionerRole.objects.create(user=lan, role="doctor", department=department(("K19", "Khoa Ngoại")))
    lan = anew(lan)
    assert stay.patient in patients_for(lan)
    for right in filter(is_clinical, RIGHTS):  # the others lead to no chart
        reached = patients_for(lan, right).filter(pk=stay.patient_id).exists()
        assert reached == (right in WHEN_LISTED and lan.has_right(right)), right
    assert entry not in documents_for(lan, "documents.write")
    assert entry not in documents_for(lan, "documents.print")


def test_the_inspectors_role_in_a_ward_reaches_nothing_of_the_ward() -> None:
    admit()
    lan = make_user("lan", "Vũ Thị Lan", "inspector", department())
    assert lan.has_right("registry.read")
    assert not patients_for(lan).exists()
    assert not encounters_for(lan).exists()


def test_of_one_stay_nothing_else_of_the_person_opens() -> None:
    first = discharge(admit(at=now() - dt.timedelta(hours=5)))
    second = admit(first.patient)
    in_force(first)
    lan = anew(make_lan())
    assert list(encounters_for(lan)) == [first]
    assert access_encounter(lan, first.uuid) == first
    with pytest.raises(Denied):
        access_encounter(lan, second.uuid)
    assert is_masked(lan, first.patient)
    assert first.patient in patients_for(lan, "coverage.read")
    assert first.patient not in patients_for(lan, "history.read")
    assert first.patient not in patients_for(lan, whole=True)


def test_documents_follow_their_stay_and_drafts_are_nobodys_business() -> None:
    load_forms()
    an = make_an()
    document, other = signed_document(an), signed_document(an)
    begin(document.encounter, an)  # a draft: no part of the record yet
    in_force(document.encounter)
    lan = anew(make_lan())
    assert list(documents_for(lan)) == [document]
    assert other.patient_id != document.patient_id


def test_a_merge_is_one_person_for_readers_too() -> None:
    dao, twin = make_patient(), make_patient("Nguyễn Thị Dào")
    in_force(twin)
    assert _reached(make_lan()) == ["Nguyễn Thị Dào"]
    merge_patients(survivor=dao, duplicate=twin, by=None, reason="Một người")
    assert _reached(make_lan()) == ["Nguyễn Thị Dào", "Nguyễn Thị Đào"]
