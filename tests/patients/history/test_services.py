"""Allergies, problems, devices: stated once, corrected by new rows, shown where nobody can overlook them."""

import pytest
from django.test import Client
from django.urls import reverse

from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from patients.history.models import AllergyIntolerance
from patients.history.selectors import all_entries, summary_of
from patients.history.services import (
    end_entry,
    record_allergy,
    record_device,
    record_no_known_allergy,
    record_problem,
)
from patients.registry.banner import banner_for
from patients.registry.models import Patient
from patients.registry.services import merge_patients
from tests.emr.people import make_binh, make_department, make_facility
from tests.patients.people import in_care_of, make_clerk, make_patient

pytestmark = pytest.mark.django_db


def _fresh(patient: Patient) -> Patient:
    return Patient.objects.get(pk=patient.pk)


def _allergy_on_banner(patient: Patient) -> str:
    return banner_for(_fresh(patient)).parts["allergy"][0].kind


def test_the_banner_tells_unasked_none_and_allergic_apart() -> None:
    binh, dao = make_binh(), make_patient()
    assert _allergy_on_banner(dao) == "allergy-unknown"
    stated = record_no_known_allergy(patient=dao, by=binh)
    assert (stated.recorded_by, stated.is_none_known) == (binh, True)
    assert _allergy_on_banner(dao) == "allergy-none"
    record_allergy(patient=dao, substance="Penicillin", by=binh, reaction="Mày đay")
    assert _allergy_on_banner(dao) == "allergy"
    stated.refresh_from_db()
    assert stated.status == AllergyIntolerance.Status.REFUTED


def test_none_known_is_refused_while_an_allergy_stands() -> None:
    dao = make_patient()
    record_allergy(patient=dao, substance="Tôm", by=None)
    with pytest.raises(DomainError):
        record_no_known_allergy(patient=dao, by=None)
    assert summary_of(_fresh(dao)).none_known is None


def test_the_same_substance_is_listed_once_whatever_its_accents() -> None:
    dao = make_patient()
    record_allergy(patient=dao, substance="Hải sản", by=None)
    with pytest.raises(DomainError) as refused:
        record_allergy(patient=dao, substance="hai san", by=None)
    assert refused.value.field == "substance"


def test_a_correction_is_a_new_row_that_names_the_old_one() -> None:
    dao = make_patient()
    wrong = record_allergy(patient=dao, substance="Penicilin", by=None)
    right = record_allergy(patient=dao, substance="Penicillin G", by=None, replaces=wrong)
    wrong.refresh_from_db()
    assert (wrong.status, wrong.substance, right.replaces) == ("entered-in-error", "Penicilin", wrong)
    assert summary_of(_fresh(dao)).allergies == [right]
    assert set(all_entries(dao)["allergy"]) == {wrong, right}


def test_an_entry_ends_once_and_with_a_reason() -> None:
    dao = make_patient()
    entry = record_problem(patient=dao, text="Tăng huyết áp", code="I10", by=None)
    with pytest.raises(DomainError):
        end_entry(entry=entry, status="resolved", by=None, reason=" ")
    with pytest.raises(DomainError):
        end_entry(entry=entry, status="active", by=None, reason="x")
    end_entry(entry=entry, status="resolved", by=None, reason="Khỏi")
    with pytest.raises(DomainError):
        end_entry(entry=entry, status="resolved", by=None, reason="Khỏi")
    assert not summary_of(_fresh(dao)).problems


def test_a_merged_record_brings_its_allergies_along() -> None:
    dao, twice = make_patient(), make_patient("Nguyễn Thị Đao")
    record_allergy(patient=twice, substance="Iod", by=None)
    merge_patients(survivor=dao, duplicate=twice, by=None, reason="Cùng người")
    assert [a.substance for a in summary_of(_fresh(dao)).allergies] == ["Iod"]


def test_what_no_magnet_may_come_near_is_a_risk_on_the_banner() -> None:
    dao = make_patient()
    record_device(patient=dao, kind="Máy tạo nhịp", by=None, is_mri_unsafe=True)
    assert banner_for(_fresh(dao)).parts["risk"][0].kind == "danger"


def test_a_nurse_states_it_on_the_pages_and_the_desk_may_not(client: Client) -> None:
    binh, dao = make_binh(), make_patient()
    in_care_of(dao, make_department(make_facility()))
    client.force_login(binh)
    page = reverse("patients:history:page", args=[dao.uuid])
    assert client.get(page).status_code == 200
    add = reverse("patients:history:add", args=[dao.uuid, "allergy"])
    assert client.get(add).status_code == 200
    assert client.post(add, {"substance": "", "criticality": "high"}).status_code == 422
    assert client.post(add, {"substance": "Cua", "criticality": "high"}).status_code == 302
    entry = AllergyIntolerance.objects.get()
    for name in ("correct", "end"):
        address = reverse(f"patients:history:{name}", args=[dao.uuid, "allergy", entry.uuid])
        assert client.get(address).status_code == 200
    assert client.post(reverse("patients:history:none_known", args=[dao.uuid])).status_code == 422
    assert AuditEvent.objects.filter(action="allergy.record", agent_name="binh").count() == 1
    client.force_login(make_clerk())
    assert client.get(page).status_code == 403
