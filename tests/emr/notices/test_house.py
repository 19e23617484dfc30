"""The house tells of what breaks silently: backups, background work, messages that nobody used."""

import datetime as dt

import pytest
from django.utils import timezone
from freezegun import freeze_time

from emr.audit.models import AuditEvent
from emr.notices import house, tasks, watches
from emr.notices.models import Notice
from emr.outbox.models import OutboxEvent
from emr.storage.models import BackupRun
from integrations.transport import watching
from integrations.transport.demo import load as load_channels
from integrations.transport.models import Channel, DeadLetter, Message, MessageState
from tests.emr.notices.house import People
from tests.emr.people import make_facility, make_user

pytestmark = pytest.mark.django_db


def open_ones(kind: str) -> list[tuple[str, list[str]]]:
    """(title, who was told) of each open notice of the kind."""
    return [
        (notice.title, sorted(notice.recipients.values_list("user__username", flat=True)))
        for notice in Notice.objects.filter(kind=kind, status="active").order_by("pk")
    ]


def owe(**state: object) -> None:
    OutboxEvent.objects.create(topic="t", subscriber="nobody", queue="sync", payload={}, **state)


def _run(succeeded: bool, hours: float) -> None:
    BackupRun.objects.create(began_at=timezone.now() - dt.timedelta(hours=hours), succeeded=succeeded)


def test_a_failed_backup_is_told_until_the_next_one_is_good(people: People) -> None:
    _run(True, 20)
    house.look_at_backups()
    assert open_ones("backup.failed") == []
    _run(False, 1)
    house.look_at_backups()
    house.look_at_backups()
    assert [told for _title, told in open_ones("backup.failed")] == [["quan"]]
    assert open_ones("backup.late") == []
    _run(True, 0)
    house.look_at_backups()
    assert open_ones("backup.failed") == []


def test_a_backup_is_late_after_a_night_and_the_hours_are_told(people: People) -> None:
    _run(True, 25.9)
    house.look_at_backups()
    assert open_ones("backup.late") == []
    with freeze_time(timezone.now() + dt.timedelta(hours=4)):
        house.look_at_backups()
    [(title, told)] = open_ones("backup.late")
    assert "29" in title
    assert told == ["quan"]
    _run(True, 0)
    house.look_at_backups()
    assert open_ones("backup.late") == []


def test_a_new_house_has_a_night_for_its_first_backup(people: People) -> None:
    house.look_at_backups()
    assert open_ones("backup.late") == []
    with freeze_time(timezone.now() + dt.timedelta(hours=27)):
        house.look_at_backups()
    assert [told for _title, told in open_ones("backup.late")] == [["quan"]]


def test_work_that_is_late_is_told_once_and_taken_back_when_it_is_done(people: People) -> None:
    house.look_at_outbox()
    assert open_ones("outbox.late") == []
    owe(available_at=timezone.now() - dt.timedelta(minutes=11))
    house.look_at_outbox()
    owe(available_at=timezone.now() - dt.timedelta(minutes=12))
    house.look_at_outbox()
    [(title, told)] = open_ones("outbox.late")
    assert "2" in title
    assert told == ["quan"]
    OutboxEvent.objects.update(done_at=timezone.now())
    house.look_at_outbox()
    assert open_ones("outbox.late") == []
    assert AuditEvent.objects.filter(action="notice.withdraw").count() == 1


def test_work_given_up_is_told_to_each_facility(people: People) -> None:
    make_user("tien", "Cao Văn Tiến", "admin", make_facility("88888", "Trung tâm khác"))
    owe(failed_at=timezone.now())
    house.look_at_outbox()
    assert [told for _title, told in open_ones("outbox.given_up")] == [["quan"], ["tien"]]


def test_one_watch_that_fails_stops_no_other(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def fail() -> None:
        raise ValueError

    monkeypatch.setattr(watches, "_watches", {"a": fail, "b": lambda: looked.append("b")})
    assert watches.look_at_all() == ["a"]
    assert looked == ["b"]


def test_a_restored_copy_looks_at_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "is_armed", lambda: False)
    owe(failed_at=timezone.now())
    tasks.watch()
    assert not Notice.objects.exists()


def _dead_letter(channel: Channel, control_id: str) -> DeadLetter:
    message = Message.objects.create(
        facility=channel.facility, channel=channel, received_at=timezone.now(), peer_address="127.0.0.1", raw=b"MSH",
        sha256="0", size=3, control_id=control_id, message_type="ADT^A01", duplicate_key=control_id, reply=b"",
    )  # fmt: skip
    MessageState.objects.create(message=message, state="dead", changed_at=timezone.now())
    return DeadLetter.objects.create(message=message, reason="header")


def test_dead_letters_are_told_to_the_integration_staff_once_a_day(people: People) -> None:
    make_user("kien", "Dương Văn Kiên", "integration", people.facility)
    channel = load_channels(people.facility)[0]
    watching.look()
    assert open_ones(watching.DEAD) == []
    letter = _dead_letter(channel, "1")
    watching.look()
    watching.look()
    [(title, told)] = open_ones(watching.DEAD)
    assert told == ["kien"]
    assert "1" in title
    _dead_letter(channel, "2")
    with freeze_time(timezone.now() + dt.timedelta(days=1)):
        watching.look()
    [(title, told)] = open_ones(watching.DEAD)
    assert "2" in title
    assert Notice.objects.filter(kind=watching.DEAD).count() == 2
    DeadLetter.objects.update(resolution="dismissed")
    assert letter.pk
    watching.look()
    assert open_ones(watching.DEAD) == []


def test_messages_that_nobody_applies_are_late_after_ten_minutes(people: People) -> None:
    make_user("kien", "Dương Văn Kiên", "integration", people.facility)
    letter = _dead_letter(load_channels(people.facility)[0], "1")
    states = MessageState.objects.filter(message=letter.message)
    states.update(state="received", changed_at=timezone.now() - dt.timedelta(minutes=9))
    watching.look()
    assert open_ones(watching.LATE) == []
    states.update(changed_at=timezone.now() - dt.timedelta(minutes=11))
    watching.look()
    assert [told for _title, told in open_ones(watching.LATE)] == [["kien"]]
    states.update(state="waiting", waits_until=timezone.now() + dt.timedelta(minutes=5))
    watching.look()
    assert open_ones(watching.LATE) == []
