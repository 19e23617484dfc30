"""Nobody keeps the ward waiting: statements, bodies, pages and people have limits (F-34, S-35)."""

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.conf import settings as instance
from django.db import OperationalError, connection, transaction
from django.test import Client, RequestFactory

from emr.accounts.models import User
from emr.local.home import CHECKOUT
from emr.local.postgres import APPLICATION
from emr.ui import errors, limits
from patients.registry.views.search import search
from signatures.verification.views import upload
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.support.services import Services


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[instance.SESSION_COOKIE_NAME].value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str, cookie: str = "") -> tuple[int, str]:
    """Status and text."""
    try:
        asked = urllib.request.Request(url, headers={"Cookie": cookie})  # noqa: S310 (our own server)
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@pytest.fixture
def web(services: Services, worker_id: str, transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The web program itself, with eight threads, a second for a page's statement and two for a report's."""
    port = free_port()
    environment = os.environ | {
        "EMR_SETTINGS": "test",
        "DJANGO_SETTINGS_MODULE": "emr.settings.test",
        "EMR_HOME": str(tmp_path),
        "DATABASE_URL": services.postgres.url(APPLICATION, f"test_{worker_id}"),
        "EMR_STATEMENT_SECONDS": "1",
        "EMR_REPORT_SECONDS": "2",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [f"{sys.prefix}/bin/granian", "--interface", "wsgi", "--no-ws", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "8", "--log-level", "warning", "emr.wsgi:application"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=CHECKOUT, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                get(f"http://127.0.0.1:{port}/health/live")
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "web.log").read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.timeout(180)
def test_a_report_cannot_starve_charting(web: str, owner_sql: psycopg.Connection) -> None:
    """F-34: six ask for a list that PostgreSQL can't give; all are told so in time, and the ward notices nothing."""
    an = make_an()
    cookie = f"{instance.SESSION_COOKIE_NAME}={session_of(an)}"

    def ask(path: str) -> tuple[int, float, str]:
        began = time.monotonic()
        status, text = get(web + path, cookie)
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
    one.force_login(an, backend="django.contrib.auth.backends.ModelBackend")
    other.force_login(
        make_user("khac", "Lê Văn Khác", "doctor", ward), backend="django.contrib.auth.backends.ModelBackend"
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
    began = time.process_time()
    answer = client.generic("POST", "/sign-in/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert time.process_time() - began < 2


@pytest.mark.django_db
def test_a_character_that_no_text_holds_is_the_senders_fault() -> None:
    """S-25: the search is told so, and the log has no fault of ours."""
    client = Client(raise_request_exception=False)
    client.force_login(make_an(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/patients/", {"q": "\x00", "scanned": "\x00"}).status_code == 400
    assert client.post("/patients/", {"q": "Đào"}).status_code == 200
