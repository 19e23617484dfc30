"""Who opened this patient: in plain words, for the patient, with nothing of anybody else's (R-36)."""

import datetime as dt

import pytest
from django.test import Client

from emr.accounts.models import PractitionerRole, User
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common.clock import now
from patients.registry.models import Identifier
from patients.registry.services import merge_patients
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.patients.people import in_care_of, make_patient

pytestmark = pytest.mark.django_db


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_says_who_with_role_department_and_what() -> None:
    ward = make_department(make_facility())
    an, binh, dao, other = make_an(ward), make_binh(ward), make_patient(), make_patient("Lê Văn Hùng")
    # A test is one transaction: its lines bear the time of its beginning.
    PractitionerRole.objects.update(starts_at=now() - dt.timedelta(days=1))
    twin = make_patient("Nguyễn Thị Dào")
    merge_patients(survivor=dao, duplicate=twin, by=make_chi(), reason="Một người")
    record("patient.read", by=an, of=dao, patient=dao)
    record("document.print", by=an, patient=dao)
    record("patient.read", by=an, of=twin, patient=twin)
    record("patient.read", by=binh, of=other, patient=other, detail={"patient": dao.pk})
    record("patient.update", patient=dao)
    desk = _as(make_user("luutru", "Mai Văn Lưu", "records", make_department(make_facility(), "P02", "Kho")))
    page = desk.get(f"/patients/{twin.uuid}/access/").content.decode()
    told = page.split("<table")[1]
    assert "BS. Nguyễn Văn An" in told
    assert "Khoa Nội" in told
    assert "ĐD Trần Thị Bình" not in told
    assert "Hùng" not in page
    assert AuditEvent.objects.filter(action="patient.answer", patient_id=dao.pk).count() == 1
    assert (
        desk.get(f"/patients/{dao.uuid}/access/", {"since": "02/01/2026", "until": "01/01/2026"}).status_code
        == 422
    )
    none = desk.get(f"/patients/{dao.uuid}/access/", {"since": "01/01/2020", "until": "01/02/2020"})
    assert "<table" not in none.content.decode()


def test_it_is_linked_from_the_chart_for_those_who_answer_and_shut_for_others() -> None:
    ward, dao = make_department(make_facility()), make_patient()
    address = f"/patients/{dao.uuid}/access/"
    head = make_user("tk", "Đỗ Thị Trưởng", "head_of_department", ward)
    assert _as(head).get(address).status_code == 404
    in_care_of(dao, ward)
    assert _as(head).get(address).status_code == 200
    assert address in _as(head).get(f"/patients/{dao.uuid}/").content.decode()
    an = make_an(ward)
    assert _as(an).get(address).status_code == 403
    assert address not in _as(an).get(f"/patients/{dao.uuid}/").content.decode()


def test_the_auditor_answers_by_number_and_sees_no_name() -> None:
    auditor = _as(make_user("kiem", "Huỳnh Thị Thảo", "auditor", make_department(make_facility())))
    dao = make_patient()
    record("patient.read", by=make_an(), of=dao, patient=dao)
    number = Identifier.objects.get(patient=dao, is_own=True).value
    days = {"since": "01/01/2020", "until": "01/01/2100"}
    page = auditor.post("/administration/lookups/who-opened/", days | {"patient": number}).content.decode()
    assert "BS. Nguyễn Văn An" in page
    assert number in page
    assert "Đào" not in page.split("<table")[1]
    unknown = auditor.post("/administration/lookups/who-opened/", days | {"patient": "00999999"})
    assert "<table" not in unknown.content.decode()
    assert auditor.post("/administration/lookups/who-opened/", days).status_code == 422
