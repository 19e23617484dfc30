"""Who wants to know of what."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction


class LeaseLost(Exception):
    """Another worker has taken the delivery over; whatever this one did must not be committed."""


class Later(Exception):
    """What the work needs isn't there yet: no failure, it is tried again after the usual pause.

    With `seconds` it is tried again after that time, and the attempt doesn't count: such work is never given up.
    """

    def __init__(self, reason: str = "", *, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(slots=True)
class Delivery:
    """A fact handed to a subscriber. `payload` holds ids only."""

    event_id: int
    topic: str
    payload: dict[str, Any]
    attempts: int
    fence: int
    finished: bool = field(default=False, init=False)

    @property
    def origin(self) -> str:
        """What from outside set the fact going (`Acting.origin`); "" when it was a person or a job of ours."""
        return str(self.payload.get("origin", ""))

    @contextlib.contextmanager
    def finish(self) -> Iterator[None]:
        """Commit the effect together with "done", unless another worker took over meanwhile (raises LeaseLost)."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE outbox_outboxevent SET done_at = now(), lease_until = NULL, last_error = ''"
                    " WHERE id = %s AND fence = %s AND done_at IS NULL",
                    [self.event_id, self.fence],
                )
                if cursor.rowcount != 1:
                    raise LeaseLost(f"delivery {self.event_id} was taken over")
            yield
        self.finished = True

    def renew(self, seconds: int = 90) -> None:
        """Keep the lease of work that takes long (raises LeaseLost when it is gone)."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_outboxevent SET lease_until = now() + make_interval(secs => %s)"
                " WHERE id = %s AND fence = %s AND done_at IS NULL",
                [seconds, self.event_id, self.fence],
            )
            if cursor.rowcount != 1:
                raise LeaseLost(f"delivery {self.event_id} was taken over")


Handler = Callable[[Delivery], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One room's interest in one topic."""

    name: str
    topic: str
    queue: str
    long: bool
    max_attempts: int
    handler: Handler


_by_topic: dict[str, list[Subscription]] = {}
_by_name: dict[str, Subscription] = {}


def subscribe(
    topic: str,
    *,
    queue: str = "interactive",
    long: bool = False,
    max_attempts: int = 12,
    formerly: str = "",
) -> Callable[[Handler], Handler]:
    """Hand every `topic` fact to the decorated function, at least once.

    A short handler runs in one transaction with "done". A `long` one does its slow work outside any transaction and
    commits its effect inside `with delivery.finish():`. `formerly` is the name under which deliveries may still be owed
    that an earlier version published.
    """

    def register(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__qualname__}"
        subscription = Subscription(name, topic, queue, long, max_attempts, handler)
        if name not in _by_name:
            _by_topic.setdefault(topic, []).append(subscription)
        _by_name[name] = subscription
        if formerly:
            _by_name[formerly] = subscription
        return handler

    return register


def subscriptions(topic: str) -> list[Subscription]:
    """Who wants to know of a topic."""
    return _by_topic.get(topic, [])


def subscription(name: str) -> Subscription | None:
    """A subscription by its stored name; None when a later version no longer has it."""
    return _by_name.get(name)


def queues() -> set[str]:
    """The queues that any subscriber is told in."""
    return {subscription.queue for subscription in _by_name.values()}
