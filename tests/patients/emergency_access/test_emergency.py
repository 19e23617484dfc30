"""Break the glass (S-11, R-34): by exact number, with a reason, for an hour and one patient, and judged afterwards."""

import datetime as dt
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from freezegun import freeze_time

from emr.accounts.access import Denied
from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices.models import Notice
from encounters.documents import permissions as documents
from encounters.documents.access import access_document
from encounters.orders.access import access_order
from encounters.visits import permissions as visits
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter
from patients.emergency_access import telling
from patients.emergency_access.access import reviews_for
from patients.emergency_access.models import EmergencyAccess
from patients.emergency_access.services import (
    open_emergency_access,
    review_emergency_access,
    working_days_after,
)
from patients.registry.access import patients_for
from patients.registry.models import CareContext, Patient
from patients.registry.services import restrict_patient
from signatures.signing.selectors import may_countersign
from tests.emr.people import make_an, make_chi, make_department, make_facility, make_user
from tests.encounters.chart import begin, load_forms
from tests.encounters.visits.ward import admit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def _open(by: User, patient: Patient, **told: Any) -> EmergencyAccess:
    told = {"reason": "life-threat", "words": "Ngừng tim tại hành lang"} | told
    return open_emergency_access(patient=patient, by=by, **told)


def _mrn(patient: Patient) -> str:
    return patient.identifiers.get(is_own=True).value


def _mark(client: Client, text: str) -> str:
    page = client.post("/patients/", {"q": text}).content.decode()
    return page.split('name="offer" value="')[1].split('"')[0] if 'name="offer"' in page else ""


@pytest.mark.parametrize("is_restricted", [False, True])
def test_the_whole_way_from_the_number_to_the_chart(is_restricted: bool) -> None:
    """S-11"""
    chi, stay = make_chi(), admit()
    dao = stay.patient
    if is_restricted:
        restrict_patient(patient=dao, level="V", reason="staff", by=make_an())
    client = _signed_in(chi)
    assert client.get(f"/patients/{dao.uuid}/").status_code == 404
    mark = _mark(client, _mrn(dao))
    asked = client.post("/emergency/", {"offer": mark})
    assert asked.status_code == 200
    assert dao.full_name.upper() not in asked.content.decode().upper()
    assert client.post("/emergency/open/", {"offer": mark, "reason": "life-threat"}).status_code == 422
    sent = {"offer": mark, "reason": "life-threat", "words": "Ngừng tim"}
    opened = client.post("/emergency/open/", sent)
    assert opened.headers["Location"] == f"/patients/{dao.uuid}/"
    page = client.get(f"/patients/{dao.uuid}/").content.decode()
    assert "emergency-bar" in page
    for inner in ("", "course/", "documents/", "orders/", "vital-signs/"):
        answer = client.get(f"/encounters/{stay.uuid}/{inner}")
        assert answer.status_code == 200, inner
        assert "emergency-bar" in answer.content.decode()
    line = AuditEvent.objects.get(action="emergency_access.open")
    assert (line.agent_id, line.patient_id) == (chi.pk, dao.pk)


def test_a_name_part_of_a_number_or_another_house_never_says_that_somebody_is_a_patient() -> None:
    chi, dao = make_chi(), make_patient()
    far = make_patient("Trần Văn Xa", facility=make_facility("11111", "Bệnh viện khác"))
    client = _signed_in(chi)
    for text in ("Nguyễn Thị Đào", _mrn(dao)[:-1], _mrn(far) + "9"):
        assert _mark(client, text) == ""
    assert _mark(client, _mrn(dao))
    assert (
        _mark(_signed_in(make_user("k", "K", "laboratory", make_department(make_facility()))), _mrn(dao))
        == ""
    )


def test_an_offer_is_one_persons_and_ends_after_ten_minutes() -> None:
    chi, dao = make_chi(), make_patient()
    mark = _mark(_signed_in(chi), _mrn(dao))
    other = make_user("khanh", "Lê Khánh", "doctor", make_department(make_facility(), "K27", "Khoa Sản"))
    assert _signed_in(other).post("/emergency/", {"offer": mark}).status_code == 404
    assert _signed_in(chi).post("/emergency/", {"offer": mark + "x"}).status_code == 404
    with freeze_time(now() + dt.timedelta(minutes=11)):
        assert _signed_in(chi).post("/emergency/", {"offer": mark}).status_code == 404


def test_it_ends_after_an_hour_to_the_minute_and_is_no_care_of_thirty_days() -> None:
    chi, stay, other = make_chi(), admit(), admit(make_patient("Lê Văn Hùng"))
    access = _open(chi, stay.patient)
    assert list(patients_for(chi)) == [stay.patient]
    with pytest.raises(Denied):
        access_encounter(chi, other.uuid)
    with freeze_time(access.ends_at + dt.timedelta(seconds=1)):
        assert not patients_for(chi).exists()


def test_own_notes_and_orders_may_be_written_and_nothing_else_is_done() -> None:
    """S-11: no print, no closing, no countersigning, nobody else's notes."""
    load_forms()
    an, chi, stay = make_an(), make_chi(), admit()
    theirs = begin(stay, an)
    _open(chi, stay.patient)
    assert access_encounter(chi, stay.uuid, documents.WRITE) == stay
    mine = begin(stay, chi)
    assert access_document(chi, mine.uuid, documents.WRITE) == mine
    assert access_document(chi, theirs.uuid) == theirs
    with pytest.raises(Denied) as denied:
        access_document(chi, theirs.uuid, documents.WRITE)
    assert not denied.value.hidden
    for right in (documents.PRINT, visits.DISCHARGE, visits.TRANSFER, visits.DIAGNOSE, visits.ADMIT):
        assert stay.patient not in patients_for(chi, right)
    for right in (visits.DISCHARGE, visits.TRANSFER, visits.CANCEL):
        with pytest.raises(Denied):
            access_encounter(chi, stay.uuid, right)
    assert not may_countersign(chi, theirs)
    client = _signed_in(chi)
    for refused in (f"/documents/{theirs.uuid}/pdf", f"/encounters/{stay.uuid}/labels/wristband.pdf"):
        assert client.get(refused).status_code in {403, 404}
    assert client.post(f"/encounters/{stay.uuid}/discharge/").status_code == 403
    assert Encounter.objects.get(pk=stay.pk).is_open


def test_orders_of_others_are_not_stopped_in_an_emergency() -> None:
    """S-11"""
    from encounters.orders.services import add_service  # noqa: PLC0415

    load_forms()
    an, chi, stay = make_an(), make_chi(), admit()
    theirs = add_service(entry=begin(stay, an), by=an, category="monitoring", text="Theo dõi mạch 3 giờ/lần")
    _open(chi, stay.patient)
    mine = add_service(entry=begin(stay, chi), by=chi, category="monitoring", text="Theo dõi SpO2")
    assert access_order(chi, mine.uuid, "orders.place") == mine
    with pytest.raises(Denied):
        access_order(chi, theirs.uuid, "orders.place")


def test_what_is_not_on_record_does_not_open() -> None:
    """S-11, S-56"""
    chi, dao = make_chi(), make_patient()
    with (
        mock.patch("patients.emergency_access.services.record", side_effect=RuntimeError("the log is full")),
        pytest.raises(RuntimeError),
    ):
        _open(chi, dao)
    assert not CareContext.objects.filter(practitioner=chi).exists()


def test_no_reason_no_words_no_need() -> None:
    chi, an, stay = make_chi(), make_an(), admit()
    for told in ({"reason": "curiosity"}, {"words": " x "}):
        with pytest.raises(DomainError):
            _open(chi, stay.patient, **told)
    with pytest.raises(DomainError):
        _open(an, stay.patient)
    first = _open(chi, stay.patient)
    assert _open(chi, stay.patient) == first


def test_the_head_of_the_patients_department_and_the_auditor_review_within_three_working_days() -> None:
    """R-34"""
    ward, chi, stay = make_department(make_facility()), make_chi(), admit()
    head = make_user("head", "Lê Thị Bích", "head_of_department", ward)
    auditor = make_user("kt", "Huỳnh Thị Thảo", "auditor", ward)
    elsewhere = make_user(
        "tk2", "Hồ Văn Hai", "head_of_department", make_department(make_facility(), "K19", "Khoa Ngoại")
    )
    access = _open(chi, stay.patient)
    assert list(reviews_for(head)) == list(reviews_for(auditor)) == [access]
    assert not reviews_for(elsewhere).exists()
    with pytest.raises(DomainError):
        review_emergency_access(access=access, verdict="not-justified", remark="", by=head)
    late = access.opened_at + dt.timedelta(days=7)
    with freeze_time(late):
        page = _signed_in(head).get("/emergency/reviews/?show=overdue").content.decode()
    assert access.words in page
    assert _mrn(stay.patient) in page
    answer = _signed_in(head).post(f"/emergency/reviews/{access.uuid}/", {"verdict": "justified"})
    assert answer.status_code == 302
    access.refresh_from_db()
    assert (access.verdict, access.reviewed_by) == ("justified", head)
    with pytest.raises(DomainError):
        review_emergency_access(access=access, verdict="justified", remark="", by=auditor)


def test_the_head_and_the_auditors_are_told_at_once_and_the_notice_goes_with_the_review() -> None:
    """R-34: no patient's name or number in what is told."""
    ward, chi, stay = make_department(make_facility()), make_chi(), admit()
    head = make_user("head", "Lê Thị Bích", "head_of_department", ward)
    auditor = make_user("kt", "Huỳnh Thị Thảo", "auditor", ward)
    access = _open(chi, stay.patient)
    notice = Notice.objects.get(kind=telling.OPENED)
    assert {told.user for told in notice.recipients.all()} == {head, auditor}
    assert stay.patient.full_name not in str(notice.parameters)
    assert notice.parameters["who"] == chi.full_name
    review_emergency_access(access=access, verdict="justified", remark="", by=head)
    notice.refresh_from_db()
    assert not notice.is_active


def test_nobody_judges_their_own() -> None:
    ward, stay = make_department(make_facility(), "K19", "Khoa Ngoại"), admit()
    head = make_user("tk2", "Hồ Văn Hai", "head_of_department", ward)
    access = _open(head, stay.patient)
    with pytest.raises(DomainError):
        review_emergency_access(access=access, verdict="justified", remark="", by=head)


def test_weekends_and_the_facilitys_holidays_are_no_working_days() -> None:
    from emr.accounts.models import FacilitySetting  # noqa: PLC0415

    facility = make_facility()
    friday = dt.date(2026, 11, 27)
    assert working_days_after(friday, 3, facility.pk) == dt.date(2026, 12, 2)
    FacilitySetting.objects.create(facility=facility, name="holidays", value=["2026-12-01"])
    assert working_days_after(friday, 3, facility.pk) == dt.date(2026, 12, 3)
