"""What nobody answers climbs, rung by rung, once each, whoever is killed; quiet hours hold what isn't urgent."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from freezegun import freeze_time

from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.notices import services
from emr.notices.kinds import TOLD, Step
from emr.notices.models import Contact, Notice, NoticeDelivery
from emr.notices.services import escalating
from emr.outbox.models import OutboxEvent
from tests.emr.notices.house import People, reach

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2031, 3, 4, 3, 0, tzinfo=dt.UTC)  # ten in the morning at the hospital, all roles held


@pytest.fixture
def glass(people: People, all_ways: None) -> Notice:
    """Emergency access at ten in the morning, told to Bình."""
    for user in (people.binh, people.head, people.director):
        reach(user)
    with freeze_time(T0):
        return services.notify(
            kind="test.glass", key="g", facility=people.facility, department=people.ward, to=[people.binh],
            parameters={"place": "K03"},
        )  # fmt: skip


def climb(minutes: float) -> int:
    with freeze_time(T0 + dt.timedelta(minutes=minutes)):
        return services.climb_due()


def sent(notice: Notice, step: int) -> set[tuple[str, str]]:
    return set(notice.deliveries.filter(step=step).values_list("user__username", "channel"))


def test_each_rung_is_done_at_its_time_and_once(glass: Notice) -> None:
    assert sent(glass, 0) == {("binh", "email"), ("binh", "sms")}
    assert climb(14.9) == 0
    assert [climb(15), climb(15)] == [1, 0]
    assert sent(glass, 1) == {("binh", "sms")}
    assert climb(30) == 1
    assert sent(glass, 2) == {("dao", "email")}
    assert climb(60) == 1
    assert sent(glass, 3) == {("huu", "email"), ("huu", "sms")}
    assert climb(10_000) == 0
    assert set(glass.recipients.values_list("user__username", "step")) == {
        ("binh", 0),
        ("dao", 2),
        ("huu", 3),
    }
    assert AuditEvent.objects.filter(action="notice.escalate").count() == 3


def test_an_answer_ends_the_climbing(glass: Notice, people: People) -> None:
    assert climb(15) == 1
    services.acknowledge(notice=glass, by=people.binh)
    assert climb(10_000) == 0
    assert set(glass.recipients.values_list("user__username", flat=True)) == {"binh"}


def test_a_house_that_slept_climbs_what_it_missed_in_order(glass: Notice) -> None:
    assert climb(120) == 3
    assert list(
        AuditEvent.objects.filter(action="notice.escalate")
        .order_by("id")
        .values_list("detail__step", flat=True)
    ) == [1, 2, 3]


def test_killed_in_the_middle_of_a_rung_nothing_of_it_happened(
    glass: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = OutboxEvent.objects.count()

    def die(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(escalating, "next_step_at", die)
        with pytest.raises(KeyboardInterrupt):
            climb(15)
    assert (sent(glass, 1), OutboxEvent.objects.count()) == (set(), owed)
    assert climb(15) == 1
    assert sent(glass, 1) == {("binh", "sms")}


def test_a_restored_copy_climbs_nothing(glass: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalating, "is_armed", lambda: False)
    assert climb(15) == 0


def test_those_who_have_confirmed_are_not_reminded(people: People, all_ways: None) -> None:
    reach(people.an)
    reach(people.binh)
    with freeze_time(T0):
        drill = services.notify(
            kind="test.drill", key="d", facility=people.facility, to=[people.an, people.binh]
        )
        services.acknowledge(notice=drill, by=people.an)
    assert climb(60) == 1
    assert sent(drill, 1) == {("binh", "email")}


def test_the_facilitys_own_ladder_counts_for_open_notices_too(glass: Notice, people: People) -> None:
    steps = [Step(0, TOLD, ("email",)), Step(5, "director", ("chat",))]
    services.save_ladder(facility=people.facility, kind="test.glass", steps=steps, by=people.admin)
    assert climb(5) == 1
    assert sent(glass, 1) == {("huu", "chat")}
    assert climb(10_000) == 0
    services.forget_ladder(facility=people.facility, kind="test.glass", by=people.admin)
    assert climb(30) == 1
    assert sent(glass, 2) == {("dao", "email")}
    assert AuditEvent.objects.filter(action="ladder.change").count() == 2


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [Step(5, TOLD)],
        [Step(0, "director")],
        [Step(0, TOLD), Step(5, "king")],
        [Step(0, TOLD, ("pigeon",))],
        [Step(0, TOLD), Step(99_999, "director")],
        [Step(0, TOLD), Step(5, "director"), Step(5, "director", ("sms",))],
    ],
)
def test_a_ladder_that_would_reach_nobody_is_refused(people: People, steps: list[Step]) -> None:
    with pytest.raises(DomainError):
        services.save_ladder(facility=people.facility, kind="test.glass", steps=steps, by=people.admin)


def local(hour: int, minute: int = 0, day: int = 27) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("begin", "end", "at", "until"),
    [
        (22, 6, local(21, 59), None),
        (22, 6, local(22), local(6, day=28)),
        (22, 6, local(23, 30), local(6, day=28)),
        (22, 6, local(3), local(6)),
        (22, 6, local(6), None),
        (13, 14, local(13, 30), local(14)),
        (13, 14, local(14), None),
    ],
)
def test_quiet_hours_end_when_the_clock_of_the_hospital_says(
    begin: int, end: int, at: dt.datetime, until: dt.datetime | None
) -> None:
    contact = Contact(quiet_from=dt.time(begin), quiet_until=dt.time(end))
    assert contact.quiet_ends_at(at) == until


def test_quiet_hours_hold_what_can_wait_and_never_what_is_urgent(people: People, all_ways: None) -> None:
    reach(people.binh, quiet_from=dt.time(22), quiet_until=dt.time(6))
    with freeze_time(local(23)):
        drill = services.notify(kind="test.drill", key="d", facility=people.facility, to=[people.binh])
        urgent = services.notify(kind="test.glass", key="g", facility=people.facility, to=[people.binh])
        assert services.release_held() == 0
    held = drill.deliveries.get()
    assert (held.status, held.not_before) == ("on-hold", local(6, day=28))
    assert set(urgent.deliveries.values_list("status", flat=True)) == {"preparation"}
    assert OutboxEvent.objects.filter(topic="notice_delivery.owed").count() == 2
    with freeze_time(local(6, day=28)):
        assert [services.release_held(), services.release_held()] == [1, 0]
    assert NoticeDelivery.objects.get(pk=held.pk).status == "preparation"
    assert OutboxEvent.objects.filter(topic="notice_delivery.owed").count() == 3


def test_what_is_answered_in_the_quiet_hours_is_never_sent(people: People, all_ways: None) -> None:
    reach(people.binh, quiet_from=dt.time(22), quiet_until=dt.time(6))
    with freeze_time(local(23)):
        drill = services.notify(kind="test.drill", key="d", facility=people.facility, to=[people.binh])
        services.acknowledge(notice=drill, by=people.binh)
    with freeze_time(local(7, day=28)):
        assert services.release_held() == 0
    assert drill.deliveries.get().status == "stopped"
