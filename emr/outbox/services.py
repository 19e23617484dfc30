"""Publishing, delivering, finding what was missed."""

import json
import logging
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from emr.common import wall
from emr.common.arming import is_armed
from emr.common.context import acting, acting_as
from emr.outbox.bell import Bell
from emr.outbox.models import OutboxEvent
from emr.outbox.registry import Delivery, Later, LeaseLost, Subscription, queues, subscription, subscriptions

logger = logging.getLogger(__name__)

# A killed worker's work is begun anew when its lease has run out and the sweeper comes by: within two minutes (F-03).
LEASE_SECONDS = 90
_BACK_OFF_LIMIT = 15 * 60
_SWEEP_LIMIT = 500
# What was woken and isn't done is rung for again: the broker may have lost it. Where workers are so far behind, it lies in
# the queue most likely, and each further ring costs them a look; still in time for F-03.
_RING_AGAIN_SECONDS, _CROWDED_SECONDS = 30, 90
_CROWDED = 200
# One ring holds a worker no longer than a second or two: who comes next isn't kept waiting by a fact told of thousands.
_RING_LIMIT = 50
# While the broker is away, requests don't wait for it: the sweeper will find the rows.
_QUIET_SECONDS = 5.0
_quiet_until = 0.0


def publish(topic: str, *, order_key: str = "", **ids: Any) -> None:
    """Record a past-tense fact in the present transaction; subscribers are told after it commits.

    `ids` are numbers, uuids or short codes, never clinical content. `order_key` ("patient:7") keeps deliveries of one
    subject in order and one at a time.
    """
    publish_many(topic, [(order_key, ids)])


def publish_many(topic: str, facts: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Record many facts of one topic at once: (order_key, ids) each; one INSERT, one ring of the bell a queue."""
    if not facts or not subscriptions(topic):
        return
    if origin := acting().origin:
        facts = [(order_key, {"origin": origin} | ids) for order_key, ids in facts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM outbox_owe(%s, %s, %s, %s)",
            [topic, json.dumps(facts, default=str), wanted_by(topic), wall.scope()],
        )
        ring_after_commit(cursor.fetchall())


def wanted_by(topic: str) -> str:
    """The topic's subscribers as `outbox_owe` takes them, for SQL that publishes by itself."""
    return json.dumps([(subscriber.name, subscriber.queue) for subscriber in subscriptions(topic)])


def ring_after_commit(events: Iterable[tuple[int, str]]) -> None:
    """Wake workers for what `outbox_owe` returned, (event id, queue) each, once it is committed."""
    by_queue: dict[str, list[int]] = {}
    for event_id, queue in events:
        by_queue.setdefault(queue, []).append(event_id)
    for queue, event_ids in by_queue.items():
        transaction.on_commit(partial(bell.touch, event_ids, queue))


def wake(event_ids: list[int], queue: str) -> bool:
    """Ring the doorbell for these events, once for fifty; returns False when the broker is away."""
    global _quiet_until  # noqa: PLW0603
    if time.monotonic() < _quiet_until:
        return False
    try:
        for first in range(0, len(event_ids), _RING_LIMIT):
            some = event_ids[first : first + _RING_LIMIT]
            current_app.send_task(
                "emr.outbox.tasks.deliver", args=[some], queue=queue, retry=False, ignore_result=True
            )
    except (OperationalError, OSError) as error:
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logger.warning("The broker can't be reached (%s); the sweeper will deliver.", type(error).__name__)
        return False
    return True


bell = Bell(wake)

# What stands behind another of its order can't be delivered yet: ringing for thousands such would keep the rest waiting.
FIRST_OF_ITS_ORDER = """(e.order_key = '' OR NOT EXISTS (
    SELECT 1 FROM outbox_outboxevent o
    WHERE o.subscriber = e.subscriber AND o.order_key = e.order_key AND o.id < e.id
      AND o.done_at IS NULL AND o.failed_at IS NULL AND o.order_key <> ''))"""

_CLAIM = f"""
UPDATE outbox_outboxevent e
SET lease_until = now() + make_interval(secs => %s), fence = fence + 1, attempts = attempts + 1
WHERE id = %s AND done_at IS NULL AND failed_at IS NULL AND available_at <= clock_timestamp()
  AND (lease_until IS NULL OR lease_until < now())
  AND {FIRST_OF_ITS_ORDER}
RETURNING id, topic, payload, attempts, fence, subscriber, order_key, queue, facility
"""  # noqa: S608  our own text


def deliver(*, event_id: int) -> bool:
    """Hand one event over now; twice equals once. Returns whether this call delivered it."""
    if not is_armed():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS, event_id])
        row = cursor.fetchone()
    if row is None:
        return False
    event = OutboxEvent(
        pk=row[0],
        topic=row[1],
        payload=json.loads(row[2]),
        attempts=row[3],
        fence=row[4],
        subscriber=row[5],
        order_key=row[6],
        queue=row[7],
        facility=row[8],
    )
    delivery = Delivery(event.pk, event.topic, event.payload, event.attempts, event.fence)
    wanted = subscription(event.subscriber)
    if wanted is None:
        _postpone(event, "no such subscriber in this version", attempts_left=True)
        return False
    try:
        with wall.within_scope(event.facility), acting_as(replace(acting(), origin=delivery.origin)):
            _hand_over(delivery, wanted)
    except LeaseLost:
        return False
    except Exception as error:
        _put_off(event, wanted, error)
        return False
    if event.order_key:
        _wake_next(event)
    return True


def _hand_over(delivery: Delivery, wanted: Subscription) -> None:
    if not wanted.long:
        with delivery.finish():
            wanted.handler(delivery)
        return
    wanted.handler(delivery)
    if not delivery.finished:
        with delivery.finish():
            pass


def _put_off(event: OutboxEvent, wanted: Subscription, error: Exception) -> None:
    if not isinstance(error, Later):
        logger.exception("Delivery %s of %s to %s failed.", event.pk, event.topic, event.subscriber)
    if isinstance(error, Later) and error.seconds is not None:
        _wait(event, error.seconds)
        return
    # The text may hold a patient's name: only the kind of error is kept.
    _postpone(event, type(error).__name__, attempts_left=event.attempts < wanted.max_attempts)


def _postpone(event: OutboxEvent, reason: str, *, attempts_left: bool) -> None:
    """Try again later, each time later still; after the last attempt it stays for a person to see."""
    seconds = min(_BACK_OFF_LIMIT, 2 ** min(event.attempts, 10)) * random.uniform(0.8, 1.2)  # noqa: S311
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET lease_until = NULL, last_error = %s, woken_at = NULL,"
            " available_at = now() + make_interval(secs => %s), failed_at = CASE WHEN %s THEN NULL ELSE now() END"
            " WHERE id = %s AND fence = %s AND done_at IS NULL",
            [reason[:300], seconds, attempts_left, event.pk, event.fence],
        )


def _wait(event: OutboxEvent, seconds: float) -> None:
    """Try again after so many seconds, as if this attempt hadn't been."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET lease_until = NULL, last_error = 'Later', woken_at = NULL,"
            " attempts = attempts - 1, available_at = now() + make_interval(secs => %s)"
            " WHERE id = %s AND fence = %s AND done_at IS NULL",
            [seconds, event.pk, event.fence],
        )


_NEXT = """
SELECT id, queue FROM outbox_outboxevent
WHERE subscriber = %s AND order_key = %s AND id > %s AND done_at IS NULL AND failed_at IS NULL AND order_key <> ''
ORDER BY id LIMIT 1
"""


def _wake_next(event: OutboxEvent) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [event.subscriber, event.order_key, event.pk])
        following = cursor.fetchone()
    if following is not None:
        bell.touch([following[0]], following[1])


def sweep() -> int:
    """Wake what is due and was not woken lately; returns how many. A restored copy wakes nothing (F-28)."""
    if not is_armed():
        return 0
    crowded = crowded_queues()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET woken_at = now() WHERE id IN ("  # noqa: S608  our own text
            f" SELECT id FROM outbox_outboxevent e WHERE done_at IS NULL AND failed_at IS NULL AND {FIRST_OF_ITS_ORDER}"
            " AND available_at <= clock_timestamp()"
            " AND created_at < now() - interval '5 seconds'"
            " AND (lease_until IS NULL OR lease_until < now())"
            " AND (woken_at IS NULL"
            "  OR woken_at < now() - make_interval(secs => CASE WHEN queue = ANY(%s) THEN %s ELSE %s END))"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id, queue",
            [crowded, _CROWDED_SECONDS, _RING_AGAIN_SECONDS, _SWEEP_LIMIT],
        )
        due = cursor.fetchall()
    for event_id, queue in due:
        if not wake([event_id], queue):
            break
    return len(due)


def crowded_queues() -> list[str]:
    """The queues in which the broker holds so many rings that workers are behind; none while the broker is away."""
    names = sorted(queues())
    if time.monotonic() < _quiet_until:
        return []
    try:
        with current_app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
            client = broker.default_channel.client
            return [name for name in names if client.llen(name) > _CROWDED]
    except (OperationalError, OSError, RedisError):
        return []


def is_owed(topic: str, order_key: str) -> bool:
    """Whether a delivery of the topic under this order key is still to come: other topics' deliveries don't wait for it."""
    owed = OutboxEvent.objects.filter(topic=topic, order_key=order_key, done_at=None, failed_at=None)
    return owed.exists()


def hasten(topic: str, order_keys: Sequence[str]) -> None:
    """Deliver now what waits under these order keys (`Later`), because what it lacked is there again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET available_at = now(), woken_at = NULL WHERE topic = %s AND order_key = ANY(%s)"
            " AND order_key <> '' AND done_at IS NULL AND failed_at IS NULL AND available_at > now()"
            " RETURNING id, queue",
            [topic, list(order_keys)],
        )
        ring_after_commit(cursor.fetchall())


def forget_done(days: int = 30) -> int:
    """Remove deliveries done long ago; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM outbox_outboxevent WHERE done_at < now() - make_interval(days => %s)", [days]
        )
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class Owed:
    """One subscriber's deliveries that aren't done; `errors`: the kinds of the last errors, never their texts."""

    subscriber: str
    waiting: int
    given_up: int
    errors: str


def owed() -> list[Owed]:
    """What isn't done, by subscriber."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscriber, count(*) FILTER (WHERE failed_at IS NULL), count(failed_at),"
            " coalesce(string_agg(DISTINCT nullif(last_error, ''), ', '), '')"
            " FROM outbox_outboxevent WHERE done_at IS NULL GROUP BY subscriber ORDER BY subscriber"
        )
        return [Owed(*row) for row in cursor.fetchall()]


def retry_failed() -> int:
    """Owe once more what was given up, its attempts counted anew; the sweeper rings. Returns how many."""
    return (
        OutboxEvent.objects.filter(done_at=None)
        .exclude(failed_at=None)
        .update(failed_at=None, attempts=0, available_at=Now(), woken_at=None)
    )
