"""A fact is delivered at least once, its effect happens once, in order where order matters."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from django.db import connection, connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import Settings

from emr.accounts.models import Organization
from emr.celery import app as celery_app
from emr.common.context import Acting, acting, acting_as
from emr.outbox import registry, services
from emr.outbox.health import deliveries
from emr.outbox.models import OutboxEvent
from emr.outbox.registry import Delivery, Later, LeaseLost, subscribe
from emr.outbox.services import deliver, forget_done, publish, publish_many, sweep, wake

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_subscribers_left() -> Iterator[None]:
    before = {topic: list(items) for topic, items in registry._by_topic.items()}, dict(registry._by_name)
    yield
    registry._by_topic.clear()
    registry._by_topic.update(before[0])
    registry._by_name.clear()
    registry._by_name.update(before[1])
    services._quiet_until = 0.0


@pytest.fixture(autouse=True)
def nothing_rings_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an earlier test's ring nor the pause after one that found no broker."""
    assert services.bell.flush(10)
    monkeypatch.setattr(services, "_quiet_until", 0.0)


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The doorbell, unheard: ids that would have woken a worker."""
    rung: list[int] = []

    def send(_name: str, args: list[list[int]], **_options: object) -> None:
        rung.extend(args[0])

    monkeypatch.setattr(services.current_app, "send_task", send)
    return rung


def _subscribe(handler: Callable[[Delivery], None], *, long: bool = False, max_attempts: int = 12) -> None:
    subscribe("thing.happened", long=long, max_attempts=max_attempts)(handler)


def test_a_fact_of_a_rolled_back_transaction_never_happened(bell: list[int]) -> None:
    _subscribe(lambda _delivery: None)
    with pytest.raises(RuntimeError), transaction.atomic():
        publish("thing.happened", thing_id=1)
        raise RuntimeError
    assert not OutboxEvent.objects.exists()
    assert services.bell.flush(5)
    assert bell == []


def test_the_bell_rings_only_after_the_commit(bell: list[int]) -> None:
    _subscribe(lambda _delivery: None)
    with transaction.atomic():
        publish("thing.happened", thing_id=1)
        assert services.bell.flush(5)
        assert bell == []
    assert services.bell.flush(5)
    assert bell == [OutboxEvent.objects.get().pk]


def test_delivering_twice_has_the_effect_once(bell: list[int]) -> None:
    _subscribe(lambda d: _make_facility(d.payload["code"]))
    publish("thing.happened", code="00001")
    event = OutboxEvent.objects.get()
    assert deliver(event_id=event.pk) is True
    assert deliver(event_id=event.pk) is False
    assert Organization.objects.count() == 1


def _make_facility(code: str) -> None:
    Organization.objects.create(kind="facility", code=code, name=code)


def test_a_failing_handler_leaves_nothing_and_is_tried_later(bell: list[int]) -> None:
    def fail(delivery: Delivery) -> None:
        _make_facility("00002")
        raise ValueError("Nguyễn Văn An has …")

    _subscribe(fail)
    publish("thing.happened", thing_id=1)
    event = OutboxEvent.objects.get()
    assert deliver(event_id=event.pk) is False
    event.refresh_from_db()
    assert not Organization.objects.exists()
    assert event.attempts == 1
    assert event.last_error == "ValueError"  # the text could hold a patient's name
    assert event.available_at > timezone.now()
    assert deliver(event_id=event.pk) is False  # not before its time


def test_work_that_asks_for_later_leaves_nothing_and_is_no_error_in_the_log(
    bell: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    def not_yet(_delivery: Delivery) -> None:
        _make_facility("00003")
        raise Later

    _subscribe(not_yet)
    publish("thing.happened", thing_id=1)
    event = OutboxEvent.objects.get()
    assert deliver(event_id=event.pk) is False
    event.refresh_from_db()
    assert not Organization.objects.exists()
    assert (event.last_error, event.done_at, event.failed_at) == ("Later", None, None)
    assert event.available_at > timezone.now()
    assert not caplog.records


def test_after_the_last_attempt_it_waits_for_a_person(bell: list[int]) -> None:
    def fail(delivery: Delivery) -> None:
        raise ValueError

    _subscribe(fail, max_attempts=1)
    publish("thing.happened", thing_id=1)
    event = OutboxEvent.objects.get()
    deliver(event_id=event.pk)
    event.refresh_from_db()
    assert event.failed_at is not None


def test_a_worker_whose_lease_was_taken_over_commits_nothing(bell: list[int]) -> None:
    taken: list[bool] = []

    def slow(delivery: Delivery) -> None:
        if delivery.fence == 1:
            OutboxEvent.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
            taken.append(deliver(event_id=delivery.event_id))  # another worker, meanwhile
        with delivery.finish():
            _make_facility(f"0000{delivery.fence}")

    _subscribe(slow, long=True)
    publish("thing.happened", thing_id=1)
    assert deliver(event_id=OutboxEvent.objects.get().pk) is False
    assert taken == [True]
    assert [o.code for o in Organization.objects.all()] == ["00002"]


def test_a_lost_lease_cannot_be_renewed() -> None:
    delivery = Delivery(event_id=1, topic="t", payload={}, attempts=1, fence=1)
    with pytest.raises(LeaseLost):
        delivery.renew()


def test_one_patients_events_come_in_order_and_one_at_a_time(bell: list[int]) -> None:
    seen: list[int] = []
    _subscribe(lambda d: seen.append(d.payload["number"]))
    for number in range(3):
        publish("thing.happened", order_key="patient:7", number=number)
    publish("thing.happened", order_key="patient:8", number=100)
    first, second, third, other = OutboxEvent.objects.order_by("pk")
    assert deliver(event_id=second.pk) is False  # the first is still owed
    assert deliver(event_id=other.pk) is True  # another patient doesn't wait
    services.bell.flush(5)
    assert services.bell.flush(5)
    bell.clear()
    assert deliver(event_id=first.pk) is True
    assert services.bell.flush(5)
    assert bell == [second.pk]  # the next is woken at once
    assert deliver(event_id=second.pk) is True
    assert deliver(event_id=third.pk) is True
    assert seen == [100, 0, 1, 2]


def test_two_workers_at_once_deliver_once(bell: list[int]) -> None:
    seen: list[int] = []
    barrier = threading.Barrier(2)

    def remember(delivery: Delivery) -> None:
        seen.append(delivery.event_id)

    _subscribe(remember)
    publish("thing.happened", thing_id=1)
    event = OutboxEvent.objects.get()
    answers: list[bool] = []

    def work() -> None:
        barrier.wait()
        answers.append(deliver(event_id=event.pk))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, True]
    assert len(seen) == 1


def test_the_sweeper_finds_what_the_bell_missed(bell: list[int]) -> None:
    _subscribe(lambda _delivery: None)
    publish("thing.happened", thing_id=1)
    event = OutboxEvent.objects.get()
    assert services.bell.flush(5)
    bell.clear()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outboxevent SET created_at = now() - interval '1 minute'")
    assert sweep() == 1
    assert services.bell.flush(5)
    assert bell == [event.pk]
    assert sweep() == 0  # woken already; not again for half a minute


def test_a_crowded_queue_is_rung_in_less_often_and_an_emptied_one_at_once(redis_url: str) -> None:
    """F-03 to F-05: what the broker has lost is rung for after half a minute, what it still holds needs no second ring."""
    _subscribe(lambda _delivery: None)
    publish("thing.happened", thing_id=1)
    assert services.bell.flush(10)
    services._quiet_until = 0.0  # the bell found no broker

    def swept(*, seconds_ago: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_outboxevent SET created_at = now() - interval '10 minutes',"
                " woken_at = now() - make_interval(secs => %s)",
                [seconds_ago],
            )
        return sweep()

    try:
        broker = Celery("here", broker=redis_url)
        broker.set_current()
        with broker.connection_for_write() as wire:
            client = wire.default_channel.client
            client.flushall()
            assert swept(seconds_ago=31) == 1
            assert client.llen("interactive") == 1
            client.rpush("interactive", *["{}"] * 200)
            assert services.crowded_queues() == ["interactive"]
            assert swept(seconds_ago=31) == 0
            assert swept(seconds_ago=91) == 1
            client.flushall()
            assert swept(seconds_ago=31) == 1
            client.flushall()
        Celery("away", broker="redis://127.0.0.1:1/0").set_current()
        assert services.crowded_queues() == []
    finally:
        celery_app.set_current()


def test_a_killed_workers_delivery_is_swept_when_its_lease_ends(bell: list[int]) -> None:
    _subscribe(lambda _delivery: None)
    publish("thing.happened", thing_id=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET created_at = now() - interval '1 hour', fence = 1, attempts = 1,"
            " lease_until = now() + interval '1 minute'"
        )
    assert sweep() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outboxevent SET lease_until = now() - interval '1 second'")
    assert sweep() == 1


def test_without_a_broker_the_request_goes_on_and_does_not_wait_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[int] = []

    def refuse(*_args: object, **_options: object) -> None:
        tries.append(1)
        raise OperationalError("connection refused")

    monkeypatch.setattr(services.current_app, "send_task", refuse)
    _subscribe(lambda _delivery: None)
    publish("thing.happened", thing_id=1)
    publish("thing.happened", thing_id=2)
    assert OutboxEvent.objects.count() == 2
    assert services.bell.flush(10)  # it rings from a thread of its own
    assert len(tries) == 1
    assert wake([1], "interactive") is False


def test_done_deliveries_are_forgotten_after_their_time(bell: list[int]) -> None:
    _subscribe(lambda _delivery: None)
    publish("thing.happened", thing_id=1)
    deliver(event_id=OutboxEvent.objects.get().pk)
    assert forget_done(days=30) == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outboxevent SET done_at = now() - interval '31 days'")
    assert forget_done(days=30) == 1


def test_many_facts_ring_the_bell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[list[int]] = []
    monkeypatch.setattr(
        services.current_app, "send_task", lambda _name, args, **_options: rung.append(args[0])
    )
    _subscribe(lambda _delivery: None)
    publish_many("thing.happened", [(f"patient:{number}", {"thing_id": number}) for number in range(3)])
    assert services.bell.flush(5)
    assert rung == [list(OutboxEvent.objects.order_by("pk").values_list("pk", flat=True))]


def test_a_fact_told_of_thousands_is_rung_for_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker took them all, and whoever rang next waited until it was through."""
    rung: list[list[int]] = []
    monkeypatch.setattr(
        services.current_app, "send_task", lambda _name, args, **_options: rung.append(args[0])
    )
    _subscribe(lambda _delivery: None)
    publish_many("thing.happened", [("", {"thing_id": number}) for number in range(120)])
    assert services.bell.flush(5)
    assert [len(some) for some in rung] == [50, 50, 20]
    assert [event_id for some in rung for event_id in some] == list(
        OutboxEvent.objects.order_by("pk").values_list("pk", flat=True)
    )


def test_a_broker_that_is_really_away_holds_a_request_for_less_than_two_seconds(settings: Settings) -> None:
    """F-05, with kombu itself: nobody listens on the port, and its own reconnecting must not be waited for."""
    away = Celery("away", broker="redis://127.0.0.1:1/0")
    away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    away.set_current()
    try:
        began = time.monotonic()
        assert wake([1], "interactive") is False
        assert time.monotonic() - began < 2
    finally:
        celery_app.set_current()


def test_work_that_waits_for_a_time_of_its_own_is_never_given_up(bell: list[int]) -> None:
    tries: list[int] = []

    def away(delivery: Delivery) -> None:
        tries.append(delivery.attempts)
        raise Later("away", seconds=0)

    _subscribe(away, max_attempts=2)
    publish("thing.happened")
    event = OutboxEvent.objects.get()
    for _try in range(5):
        assert not deliver(event_id=event.pk)
    event.refresh_from_db()
    assert tries == [1] * 5
    assert (event.attempts, event.failed_at, event.lease_until) == (0, None, None)


def test_what_waits_is_hastened_when_its_lack_is_mended(bell: list[int]) -> None:
    there: list[bool] = []
    told: list[str] = []

    def act(delivery: Delivery) -> None:
        if not there:
            raise Later("away", seconds=600)
        told.append(delivery.payload["name"])

    _subscribe(act)
    publish("thing.happened", order_key="lane:1", name="a")
    publish("thing.happened", order_key="lane:2", name="b")
    first, second = OutboxEvent.objects.order_by("pk")
    deliver(event_id=first.pk)
    deliver(event_id=second.pk)
    there.append(True)
    assert not deliver(event_id=first.pk), "its time hasn't come"
    services.hasten("thing.happened", ["lane:1"])
    assert [deliver(event_id=first.pk), deliver(event_id=second.pk)] == [True, False]
    assert told == ["a"]


def test_what_stands_behind_another_is_not_rung_for(bell: list[int]) -> None:
    def away(_delivery: Delivery) -> None:
        raise Later("away", seconds=600)

    _subscribe(away)
    for _number in range(3):
        publish("thing.happened", order_key="lane:1")
    publish("thing.happened")
    first, *behind, beside = OutboxEvent.objects.order_by("pk").values_list("pk", flat=True)
    deliver(event_id=first)
    long_ago = timezone.now() - dt.timedelta(hours=1)
    OutboxEvent.objects.update(created_at=long_ago)
    OutboxEvent.objects.filter(pk__in=[*behind, beside]).update(available_at=long_ago, woken_at=None)
    assert services.bell.flush(10)
    bell.clear()
    assert sweep() == 1
    assert bell == [beside]
    OutboxEvent.objects.filter(pk=beside).delete()
    assert deliveries() == ""


def test_a_fact_carries_what_set_it_going_to_those_who_are_told_and_on(bell: list[int]) -> None:
    heard: list[tuple[str, str]] = []

    def act(delivery: Delivery) -> None:
        heard.append((delivery.origin, acting().origin))

    _subscribe(act)
    with acting_as(Acting(origin="message:7")):
        publish("thing.happened", name="a")
    publish("thing.happened", name="b")
    for pk in OutboxEvent.objects.order_by("pk").values_list("pk", flat=True):
        deliver(event_id=pk)
    assert heard == [("message:7", "message:7"), ("", "")]
