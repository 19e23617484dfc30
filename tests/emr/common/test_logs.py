"""Log lines: one a record, with the request's reference, and never what a patient is called (S-31, S-55)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from emr.celery import log_as_all_do
from emr.common.context import Acting, acting_as
from emr.common.logs import JsonFormatter, OneLineFormatter, RequestFilter

MARK = "Nguyễn Thị Đánh Dấu"


@pytest.fixture(params=[OneLineFormatter, JsonFormatter])
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger that writes as the console does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(RequestFilter())
    logger = logging.getLogger("emr.tried")
    logger.addHandler(handler)
    logger.setLevel("DEBUG")
    yield logger, stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nERROR forged",
        "a\n2026-11-22 INFO forged",
        "\x1b[31mred",
        "\x9b31m",
        "a\u2028b",
        "a\u2029b",
        "\x00",
        "\x7f",
    ],
)
def test_what_is_logged_stays_one_line(log: tuple[logging.Logger, io.StringIO], text: str) -> None:
    """S-31."""
    logger, stream = log
    logger.warning("Sender %s", text)
    said = stream.getvalue()
    assert said.endswith("\n")
    assert len(said.splitlines()) == 1
    assert not [character for character in said[:-1] if not character.isprintable()]


@pytest.mark.django_db
def test_an_exception_is_logged_without_its_text(log: tuple[logging.Logger, io.StringIO]) -> None:
    """S-55: PostgreSQL quotes the row that it refuses."""
    logger, stream = log
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE tried (name text CONSTRAINT once UNIQUE)")
            cursor.execute("INSERT INTO tried VALUES (%s), (%s)", [MARK, MARK])
    except IntegrityError as error:
        logger.exception("Not kept")
        logger.error("Not kept: %s", error)
    said = stream.getvalue()
    assert MARK not in said
    assert MARK.encode("unicode_escape").decode() not in said
    assert "UniqueViolation" in said or "IntegrityError" in said
    assert "once" in said  # the constraint's name: enough to find the fault
    assert "test_logs.py" in said


def test_celerys_own_lines_quote_nothing() -> None:
    """S-55: its line about a failed task holds the exception, the trace and the arguments."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter())
    handler.addFilter(RequestFilter())
    logger = logging.getLogger("celery.app.trace")
    logger.addHandler(handler)
    try:
        logger.error(
            "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s %(args)s %(kwargs)s",
            {"name": "x.y", "id": "1", "exc": MARK, "traceback": MARK, "args": MARK, "kwargs": MARK},
        )
    finally:
        logger.removeHandler(handler)
    assert MARK not in stream.getvalue()
    assert "x.y" in stream.getvalue()


def test_celery_brings_no_handlers_of_its_own() -> None:
    """S-31: a worker logs through the same formatter as the pages."""
    from celery.signals import setup_logging  # noqa: PLC0415

    assert any(receiver[1]() is log_as_all_do for receiver in setup_logging.receivers)


def test_json_lines_carry_what_one_searches_by() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestFilter())
    logger = logging.getLogger("emr.request")
    logger.addHandler(handler)
    try:
        with acting_as(Acting(request_id="abc", user_id=7)):
            logger.info("x", extra={"view": "ui:home", "status": 200, "duration_ms": 12.5})
    finally:
        logger.removeHandler(handler)
    line = json.loads(stream.getvalue())
    assert line["request_id"] == "abc"
    assert (line["user_id"], line["view"], line["status"], line["duration_ms"]) == (7, "ui:home", 200, 12.5)
    assert set(line) == {
        "time", "level", "logger", "request_id", "user_id", "message", "view", "status", "duration_ms",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_view_and_no_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """S-55: what somebody types into the address bar isn't kept."""
    with caplog.at_level(logging.INFO):
        client.get(f"/health/live?q={MARK}")
        client.get(f"/{MARK}/")
    assert [record.name for record in caplog.records if record.name == "emr.request"] == ["emr.request"] * 2
    assert "health:live" in caplog.text
    assert MARK not in caplog.text
