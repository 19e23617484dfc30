"""The log is found by patient, person, address, workstation, kind and outcome, and each search reads its months alone."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from emr.accounts.models import User
from emr.audit import selectors
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.audit.subjects import find_subjects
from emr.common.clock import local_today
from emr.common.context import Acting, acting_as
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LOG = "/administration/audit/"


@pytest.fixture
def auditor() -> User:
    return make_user("kiem", "Huỳnh Thị Thảo", "auditor", make_department(make_facility()))


def asked(**wanted: Any) -> selectors.Question:
    today = local_today()
    empty = {
        "person": "",
        "patient": "",
        "about": "",
        "action": "",
        "outcome": "",
        "address": "",
        "device": "",
    }
    return selectors.question_of(make_facility().pk, {"since": today, "until": today} | empty | wanted)


def found(**wanted: Any) -> list[str]:
    events = selectors.events_of(make_facility().pk, asked(**wanted))
    return [event.action for event in selectors.page_of(events, None, 50)[0]]


def test_a_patient_is_named_whole_and_alone_or_not_at_all() -> None:
    """S-55: an auditor who knows whom a complaint is about finds the lines; nobody looks patients up in the log."""
    facility, dao = make_facility(), make_patient()
    make_patient("Nguyễn Thị Đào", birth_date=dt.date(1960, 5, 5))
    assert find_subjects(facility.pk, "nguyen thi dao 14/03/1957") == [dao.pk]
    assert find_subjects(facility.pk, "Nguyễn Thị Đào 1957") == [dao.pk]
    for less in ("Nguyễn Thị Đào", "Đào 14/03/1957", "Thị Đào 1957", "Nguyễn Thị Đào 1958", "14/03/1957"):
        assert find_subjects(facility.pk, less) == [], less
    make_patient("Nguyễn Thị Đào", birth_date=dt.date(1957, 3, 14))
    assert find_subjects(facility.pk, "Nguyễn Thị Đào 14/03/1957") == []
    assert find_subjects(make_facility("88888", "Nơi khác").pk, "Nguyễn Thị Đào 1957") == []


def test_lines_are_found_by_person_place_and_kind() -> None:
    an, binh, dao = make_an(), make_binh(), make_patient()
    with acting_as(Acting(address="10.1.2.3", device="Firefox on the ward PC")):
        record("patient.read", by=an, of=dao, patient=dao)
    with acting_as(Acting(address="10.1.2.4", device="Chrome")):
        record("document.print", by=binh, patient=dao, outcome="failure")
    record("user.sign_in", outcome="denied")
    for person in ("an", "AN", "Nguyễn Văn An", "van an"):
        assert found(person=person) == ["patient.read"], person
    assert found(address="10.1.2.4") == ["document.print"]
    assert found(device="firefox") == ["patient.read"]
    assert found(about="document") == ["document.print"]
    assert found(outcome="denied") == ["user.sign_in"]
    assert found(outcome="failure", person="binh") == ["document.print"]
    assert found(person="nobody of this name") == []


def test_a_browser_is_looked_for_in_a_month_at_most(client: Client, auditor: User) -> None:
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        LOG, {"since": "01/01/2026", "until": "31/12/2026", "device": "Firefox"}, follow=True
    )
    assert answer.status_code == 422
    assert "31" in answer.content.decode()


def _scanned(plan: dict[str, Any]) -> list[str]:
    own = [plan["Relation Name"]] if "Relation Name" in plan else []
    return own + [name for part in plan.get("Plans", []) for name in _scanned(part)]


def _explained(question: selectors.Question, before: tuple[dt.datetime, int] | None = None) -> Any:
    events = selectors.events_of(make_facility().pk, question)
    if before is not None:
        at, pk = before
        events = events.filter(recorded_at__lte=at).exclude(recorded_at=at, id__gte=pk)
    return json.loads(events[:51].explain(format="json"))[0]["Plan"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"patient": "00000001"},
        {"person": "an"},
        {"about": "document"},
        {"action": "role.grant"},
        {"outcome": "denied"},
        {"address": "10.0.0.9"},
        {"device": "Firefox"},
    ],
)
def test_a_search_reads_the_partitions_of_its_days_alone(wanted: dict[str, str]) -> None:
    make_an(), make_patient()
    today = local_today()
    months = {
        f"audit_event_{day:%Y_%m}"
        for day in (today - dt.timedelta(days=1), today, today + dt.timedelta(days=1))
    }
    read = set(_scanned(_explained(asked(**wanted))))
    assert read
    assert read <= months
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_event'::regclass")
        assert cursor.fetchone()[0] > len(months)


def test_a_search_never_counts_and_following_pages_cost_the_same(
    client: Client, auditor: User, django_assert_max_num_queries: Any
) -> None:
    make_an(), make_chi()
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    for number in range(60):
        record("bench.line", by=auditor, detail={"number": number})
    client.post(LOG, {"since": f"{local_today():%d/%m/%Y}", "until": f"{local_today():%d/%m/%Y}"})
    with django_assert_max_num_queries(12) as first:
        page = client.get(LOG).content.decode()
    assert not [query for query in first.captured_queries if "COUNT(" in query["sql"].upper()]
    before = page.split('name="before" value="')[1].split('"')[0]
    with django_assert_max_num_queries(12):
        client.post(LOG, {"before": before})


def test_every_line_has_a_sentence_a_person_understands() -> None:
    from emr.audit.wording import in_plain_words  # noqa: PLC0415

    an, dao = make_an(), make_patient()
    record("patient.read", by=an, of=dao, patient=dao)
    record("registry.read", by=an, outcome="denied", detail={"patient_id": dao.pk})
    refused, read = in_plain_words(AuditEvent.objects.filter(agent_id=an.pk).order_by("-id"))
    assert read.words.startswith("BS. Nguyễn Văn An")
    assert read.number in read.words
    assert "registry.read" not in refused.words
