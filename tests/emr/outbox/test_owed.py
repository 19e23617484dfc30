"""What is late or given up is told, and tried again when a person says so."""

import datetime as dt

import pytest
from celery import Celery
from django.core.management import call_command
from django.utils import timezone

from emr.celery import app as celery_app
from emr.common.health import readiness
from emr.outbox.models import OutboxEvent

pytestmark = pytest.mark.django_db


def _owe(**state: object) -> OutboxEvent:
    return OutboxEvent.objects.create(
        topic="thing.happened", subscriber="a.room.handler", queue="sync", payload={}, **state
    )


def test_nothing_owed_is_said_so(capsys: pytest.CaptureFixture[str], redis_url: str) -> None:
    call_command("deliveries")
    assert capsys.readouterr().out == "Nothing is owed.\n"
    _owe()
    assert readiness()[1]["deliveries"] == {"ok": True, "reason": ""}


def test_late_and_given_up_work_is_told_without_stopping_the_pages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _owe(available_at=timezone.now() - dt.timedelta(minutes=3))
    _owe(failed_at=timezone.now(), last_error="OSError")
    ready, parts = readiness()
    assert ready
    reason = str(parts["deliveries"]["reason"])
    assert reason == "1 delivery is late. 1 delivery was given up."
    call_command("deliveries")
    assert capsys.readouterr().out == "a.room.handler: 1 owed, 1 given up OSError\n"


def test_what_was_given_up_is_tried_again_from_the_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    _owe(failed_at=timezone.now(), attempts=12, woken_at=timezone.now())
    done = _owe(done_at=timezone.now(), attempts=1)
    call_command("deliveries", retry=True)
    assert capsys.readouterr().out.startswith("1 deliveries")
    event = OutboxEvent.objects.get(done_at=None)
    assert (event.failed_at, event.attempts, event.woken_at) == (None, 0, None)
    done.refresh_from_db()
    assert done.attempts == 1


def test_a_broker_that_is_away_is_told_and_one_that_answers_is_well(redis_url: str) -> None:
    """F-05."""
    try:
        Celery("away", broker="redis://127.0.0.1:1/0").set_current()
        ready, parts = readiness()
        assert ready
        assert "broker does not answer" in str(parts["redis"]["reason"])
        Celery("here", broker=redis_url).set_current()
        assert readiness()[1]["redis"]["ok"]
    finally:
        celery_app.set_current()
