"""Nobody keeps the ward waiting: statements, bodies, pages and people have limits (F-34, S-35)."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.conf import settings as instance
from django.db import OperationalError, connection, transaction
from django.test import Client, RequestFactory

from emr.accounts.models import User
from emr.ui import errors, limits
from patients.registry.views.search import search
from signatures.verification.views import upload
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.security.programs import Web, get


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client.cookies[instance.SESSION_COOKIE_NAME].value


@pytest.mark.timeout(180)
def test_a_report_cannot_starve_charting(web: Web, owner_sql: psycopg.Connection) -> None:
    """F-34: six ask for a list that PostgreSQL can't give; all are told so in time, and the ward notices nothing."""
    an = make_an()
    cookie = f"{instance.SESSION_COOKIE_NAME}={session_of(an)}"

    def ask(path: str) -> tuple[int, float, str]:
        began = time.monotonic()
        status, text = get(web.url + path, cookie)
        return status, time.monotonic() - began, text

    assert ask("/patients/")[0] == 200
    assert ask("/documents/overdue/")[0] == 200
    with owner_sql.transaction(), ThreadPoolExecutor(6) as many:
        owner_sql.execute("LOCK TABLE documents_document IN ACCESS EXCLUSIVE MODE")
        reports = [many.submit(ask, "/documents/overdue/") for _ in range(6)]
        pages = [ask("/patients/") for _ in range(10)]
        answers = [report.result() for report in reports]
    assert [status for status, _seconds, _text in pages] == [200] * 10
    assert statistics.median(seconds for _status, seconds, _text in pages) < 1
    assert [status for status, _seconds, _text in answers] == [503] * 6
    assert max(seconds for _status, seconds, _text in answers) < 6
    stopped = [
        text for _status, _seconds, text in answers if "QueryCanceled" not in text and "Retry" not in text
    ]
    assert len(stopped) == 6  # in words, without the database's own
    assert ask("/documents/overdue/")[0] == 200


@pytest.mark.django_db
def test_postgresql_cancels_what_takes_too_long_and_the_page_says_so(rf: RequestFactory) -> None:
    """F-34: a real slow query under the report's leash."""
    request = rf.get("/")
    with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
        cursor.execute("SELECT count(*) FROM generate_series(1, 2000000000)")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '100ms'")
            cursor.execute("SELECT pg_sleep(5)")
    except OperationalError:
        answer = errors.server_error(request)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "pg_sleep" not in answer.content.decode()


@pytest.mark.django_db
def test_a_heavy_view_gets_its_own_leash_and_the_third_is_sent_away(
    rf: RequestFactory, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-34."""
    settings.EMR_REPORT_SECONDS = 7
    monkeypatch.setattr(limits, "_WAIT_SECONDS", 0.05)
    said: list[str] = []

    @limits.heavy
    def report(_request: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            said.append(cursor.fetchone()[0])
        return errors.bad_request(rf.get("/"))

    report(rf.get("/"))
    assert said == ["7s"]
    assert limits._heavy.acquire(blocking=False)
    assert limits._heavy.acquire(blocking=False)
    try:
        assert report(rf.get("/")).status_code == 503
    finally:
        limits._heavy.release(2)
    assert report(rf.get("/")).status_code == 400


def test_the_large_lists_are_declared_heavy() -> None:
    """F-34: who adds one looks here."""
    from emr.audit.views import log  # noqa: PLC0415
    from encounters.documents.views.overdue import overdue  # noqa: PLC0415
    from integrations.transport.views.inbox import message_list  # noqa: PLC0415

    assert all(getattr(view, "is_heavy", False) for view in (log, overdue, message_list))


@pytest.mark.django_db
def test_a_person_who_searches_without_end_is_asked_to_wait(settings: Any) -> None:
    """S-35: and nobody else is."""
    settings.EMR_RATE_LIMITS = True
    ward = make_department(make_facility())
    one, other = Client(), Client()
    an = make_an(ward)
    one.force_login(an, backend="emr.accounts.backends.StaffBackend")
    other.force_login(
        make_user("khac", "Lê Văn Khác", "doctor", ward), backend="emr.accounts.backends.StaffBackend"
    )
    for _ in range(119):
        search.bucket.take(f"user {an.pk}")  # type: ignore[attr-defined]
    search.bucket._per_second = 0.001  # type: ignore[attr-defined]  # however slow this machine is
    assert [one.post("/patients/", {"q": ""}).status_code for _ in range(2)] == [200, 429]
    assert one.post("/patients/", {"q": ""}).headers["Retry-After"]
    assert other.post("/patients/", {"q": ""}).status_code == 200


@pytest.mark.django_db
def test_strangers_uploads_are_counted_by_address(client: Client, settings: Any) -> None:
    """S-35."""
    settings.EMR_RATE_LIMITS = True
    far, near = {"REMOTE_ADDR": "10.7.7.7"}, {"REMOTE_ADDR": "10.7.7.8"}
    for _ in range(19):
        upload.bucket.take("address 10.7.7.7")  # type: ignore[attr-defined]
    upload.bucket._per_second = 0.001  # type: ignore[attr-defined]
    assert [client.post("/verify/", {}, **far).status_code for _ in range(2)] == [422, 429]
    assert client.post("/verify/", {}, **near).status_code == 422


def test_a_bucket_fills_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [100.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: at[0]))
    bucket = limits.Bucket(60)
    assert [bucket.take("a") for _ in range(60)] == [0.0] * 60
    assert 0 < bucket.take("a") <= 1
    assert bucket.take("b") == 0
    at[0] += 2
    assert bucket.take("a") == 0


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["99999999999", "-1", "abc", "１２"])
def test_a_body_that_says_too_much_is_refused_unread(client: Client, length: str) -> None:
    """S-35, S-58."""
    answer = client.generic("POST", "/verify/", b"x", CONTENT_LENGTH=length)
    assert answer.status_code == 413


@pytest.mark.django_db
def test_a_form_with_ten_thousand_fields_is_refused(client: Client) -> None:
    """S-58."""
    body = "&".join(f"f{n}=1" for n in range(6000))
    answer = client.generic("POST", "/sign-in/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


@pytest.mark.django_db
def test_a_character_that_no_text_holds_is_the_senders_fault() -> None:
    """S-25: the search is told so, and the log has no fault of ours."""
    client = Client(raise_request_exception=False)
    client.force_login(make_an(), backend="emr.accounts.backends.StaffBackend")
    assert client.post("/patients/", {"q": "\x00", "scanned": "\x00"}).status_code == 400
    assert client.post("/patients/", {"q": "Đào"}).status_code == 200
