"""The log as a page: for the auditor alone, read only, filtered, paged, and each look a line of it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.audit.views import PAGE
from emr.common.clock import local_today
from patients.registry.models import Identifier
from patients.registry.services import merge_patients
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LOG = "/administration/audit/"


@pytest.fixture
def auditor() -> User:
    return make_user("kiem", "Huỳnh Thị Thảo", "auditor", make_department(make_facility()))


@pytest.fixture
def desk(client: Client, auditor: User) -> Client:
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(desk: Client, **asked: str) -> str:
    """The page after asking."""
    days = {"since": f"{local_today():%d/%m/%Y}", "until": f"{local_today():%d/%m/%Y}"}
    answer = desk.post(LOG, days | asked, follow=True)
    return answer.content.decode()


def rows(page: str) -> int:
    return page.count("<details>")


def test_the_auditor_finds_who_looked_at_a_patient_and_is_written_down(desk: Client, auditor: User) -> None:
    an, dao, other = make_an(), make_patient(), make_patient("Lê Văn Hùng")
    twin = make_patient("Nguyễn Thị Dào")
    merge_patients(survivor=dao, duplicate=twin, by=an, reason="Một người")
    for patient in (dao, twin, other):
        record("patient.read", by=an, of=patient, patient=patient)
    number = Identifier.objects.get(patient=dao, is_own=True).value
    page = ask(desk, patient=number.lstrip("0"), action="patient.read", person="AN")
    assert rows(page) == 2  # the merged row is the same person
    assert number in page
    assert "Thị" not in page.split("<table")[1]  # patients by number, never by name
    assert "BS. Nguyễn Văn An xem: người bệnh" in page or "BS. Nguyễn Văn An looked at: patient" in page
    line = AuditEvent.objects.filter(action="audit.read").latest("id")
    assert (line.agent_id, line.detail["count"], line.detail["agents"]) == (auditor.pk, 2, [an.pk])
    assert sorted(line.detail["patients"]) == sorted([dao.pk, twin.pk])


def test_a_number_that_nobody_has_finds_nothing(desk: Client) -> None:
    record("patient.read", by=make_an())
    assert rows(ask(desk, patient="00999999")) == 0


def test_refusals_alone_and_days_that_make_no_sense(desk: Client) -> None:
    record("patient.read", by=make_an())
    record("patient.read", by=None, outcome="denied")
    assert rows(ask(desk, outcome="denied")) == 1
    yesterday = local_today() - dt.timedelta(days=1)
    assert rows(ask(desk, until=f"{yesterday:%d/%m/%Y}")) == 0
    assert desk.get(LOG).status_code == 422


def test_pages_follow_each_other_without_gap_or_repetition(desk: Client) -> None:
    for number in range(PAGE + 7):
        record("bench.line", detail={"number": number})
    first = ask(desk, action="bench.line")
    before = first.split('name="before" value="')[1].split('"')[0]
    second = desk.post(LOG, {"before": before}).content.decode()
    assert (rows(first), rows(second)) == (PAGE, 7)
    assert desk.post(LOG, {"before": "rubbish"}).status_code == 200


def test_nobody_else_reads_it_and_nobody_writes_it(client: Client) -> None:
    admin = make_user("quan", "Lý Công Thành", "admin", make_department(make_facility()))
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(LOG).status_code == 403
    assert client.get(reverse("audit:today")).status_code == 403
    assert client.put(LOG).status_code in {403, 405}


def test_the_home_shows_the_day_in_numbers(desk: Client) -> None:
    record("patient.read", by=make_an(), outcome="denied")
    assert "1" in desk.get(reverse("audit:today")).content.decode()
    assert reverse("audit:today") in desk.get("/").content.decode()
