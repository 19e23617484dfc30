"""Taking a file in, applying and stopping in the browser's way; past stays in the chart, for who may see it."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from integrations.loading.models import FirstLoad, LoadLine, PastStay
from patients.registry.models import Patient
from tests.emr.people import make_an, make_chi, make_department, make_facility, make_user
from tests.emr.signin.test_fresh import grow_old
from tests.emr.signin.test_sessions import come_in
from tests.encounters.visits.ward import admit
from tests.integrations.loading.files import PATIENTS, full_case, table, whole
from tests.integrations.loading.test_loading import HOA, NAM, applied, kien, took

__all__ = ["kien"]  # a fixture
pytestmark = pytest.mark.django_db
LIST = "/integrations/first-load/"


def send(client: Client, data: bytes, **other: str) -> FirstLoad:
    told = {"kind": "patients", "file": SimpleUploadedFile("ds.csv", data), **other}
    answer = client.post(f"{LIST}add/", told)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return FirstLoad.objects.latest("pk")


def work_off() -> None:
    """As a worker does."""
    waiting = OutboxEvent.objects.filter(topic__startswith="first_load.", done_at=None)
    waiting.update(available_at=now() - dt.timedelta(days=1))
    for pk in list(waiting.values_list("pk", flat=True)):
        deliver(event_id=pk)


def test_a_file_is_checked_applied_and_never_twice(kien: User) -> None:
    client = come_in(kien)
    load = send(client, table(PATIENTS, HOA, NAM, "BN3;;1990;Nam;;;;"))
    page = f"{LIST}{load.uuid}/"
    assert "Đang kiểm tra" in client.get(page).content.decode()
    work_off()
    shown = client.get(page).content.decode()
    assert "Thiếu họ tên." in shown
    assert "Nguyễn Thị Hoa" not in shown  # numbers and reasons alone
    assert not Patient.objects.exists()
    client.post(f"{page}start/")
    client.post(f"{page}start/")
    assert "Đang áp dụng" in client.get(page, HTTP_HX_REQUEST="true").content.decode()
    work_off()
    assert Patient.objects.count() == 2
    assert "Đã áp dụng" in client.get(page).content.decode()
    only = client.get(page, {"only": "error"}).content.decode()
    assert "BN3" in only
    assert "BN1" not in only
    assert load.file_name in client.get(LIST).content.decode()


def test_a_refused_file_says_why(kien: User) -> None:
    client = come_in(kien)
    told = {"kind": "stays", "file": SimpleUploadedFile("ds.csv", b"a")}
    answer = client.post(f"{LIST}add/", told)
    assert answer.status_code == 422
    assert "Nhập giờ chuyển đổi." in answer.content.decode()


def test_it_asks_for_fresh_proof(kien: User) -> None:
    client = come_in(kien)
    load = took(kien, table(PATIENTS, HOA))
    grow_old(kien)
    assert client.get(f"{LIST}add/").status_code == 302
    assert client.post(f"{LIST}{load.uuid}/start/").status_code == 401
    load.refresh_from_db()
    assert load.status == "checked"


def test_nobody_else_loads_anything(kien: User) -> None:
    load = took(kien, table(PATIENTS, HOA))
    client = come_in(make_an())
    for address in (LIST, f"{LIST}add/", f"{LIST}{load.uuid}/"):
        assert client.get(address).status_code == 403
    assert client.post(f"{LIST}{load.uuid}/start/").status_code == 403
    far = make_department(make_facility("88888", "Khác"), "HC", "HC")
    other = come_in(make_user("xa", "Xa", "integration", far))
    assert other.get(f"{LIST}{load.uuid}/").status_code == 404


def test_a_page_of_lines_costs_the_same_however_many(kien: User) -> None:
    client = come_in(kien)

    def queries(load: FirstLoad) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{LIST}{load.uuid}/").status_code == 200
        return len(seen)

    few, many = (
        took(kien, table(PATIENTS, HOA)),
        took(kien, table(PATIENTS, *(f"B{n};A B;1990;;;;;" for n in range(40)))),
    )
    queries(few)
    assert queries(many) == queries(few)
    assert LoadLine.objects.filter(load=many).count() == 40


def past_of(patient: Patient, kien: User, **other: str) -> PastStay:
    mrn = patient.identifiers.get(system__startswith="urn:benhanmo:mrn:").value
    applied(took(kien, whole(full_case(mrn=mrn, **other)), "history"), kien)
    return PastStay.objects.latest("pk")


def test_past_stays_stand_in_the_chart_as_the_hiss(kien: User) -> None:
    stay, an = admit(), make_an()
    past = past_of(stay.patient, kien)
    client = come_in(an)
    listed = client.get(f"/past-stays/of/{stay.patient.uuid}/").content.decode()
    assert "Viêm phổi &amp; tràn dịch" in listed
    assert "không ghi tại đây" in listed
    page = client.get(f"/past-stays/{past.uuid}/").content.decode()
    for words in ("Ceftriaxon 1g", "Chụp X-quang ngực", "CRP", "Ho, sốt &lt; 39", "01/10/2025 08:30"):
        assert words in page, words
    assert "4500000" not in page  # what it cost is no part of the chart
    line = AuditEvent.objects.filter(action="past_stay.read").latest("pk")
    assert (line.agent_id, line.patient_id) == (an.pk, stay.patient_id)
    # A correction shows once, as the newest.
    past_of(stay.patient, kien, CHAN_DOAN_RV="Lao phổi")
    listed = client.get(f"/past-stays/of/{stay.patient.uuid}/").content.decode()
    assert "Lao phổi" in listed
    assert "tràn dịch" not in listed


def test_past_stays_are_for_who_reaches_the_patient(kien: User) -> None:
    """S-01."""
    stay = admit()
    past = past_of(stay.patient, kien)
    chi = come_in(make_chi())
    assert chi.get(f"/past-stays/of/{stay.patient.uuid}/").status_code == 404
    assert chi.get(f"/past-stays/{past.uuid}/").status_code == 404
    assert come_in(kien).get(f"/past-stays/{past.uuid}/").status_code == 403


def test_the_template_is_taken_as_it_is(kien: User) -> None:
    client = come_in(kien)
    for kind in ("patients", "stays"):
        content = client.get(f"{LIST}template/{kind}.csv").content
        load = took(kien, content, kind, cutover=now() if kind == "stays" else None)
        assert load.status == "checked", load.problem
    assert client.get(f"{LIST}template/nonsense.csv").status_code == 404
