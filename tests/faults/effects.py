"""Work for the faults' worker, with an effect that can be counted; imported by it and by the tests.

The table has no constraint on purpose: what happens twice must be seen twice.
"""

import time

from celery import shared_task
from django.db import connection

from emr.outbox import Delivery, subscribe

TABLE = """
CREATE TABLE fault_effect (id bigint GENERATED ALWAYS AS IDENTITY, fact text NOT NULL);
GRANT SELECT, INSERT ON fault_effect TO emr_app;
"""
SLOW_SECONDS = 5.0


def happen(fact: object) -> None:
    """The effect."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_effect (fact) VALUES (%s)", [str(fact)])


@subscribe("fault.happened", queue="sync")
def owed(delivery: Delivery) -> None:
    """The effect and "done" are one transaction."""
    happen(delivery.payload["fact"])


@subscribe("fault.happened_slowly", queue="sync", long=True)
def owed_and_slow(delivery: Delivery) -> None:
    """Slow the first time; its effect is committed with "done"."""
    if delivery.fence == 1:
        time.sleep(SLOW_SECONDS)
    with delivery.finish():
        happen(delivery.payload["fact"])


@subscribe("fault.happened_carelessly", queue="sync", long=True)
def without_fence(delivery: Delivery) -> None:
    """The control: the effect first, "done" when there is time."""
    happen(delivery.payload["fact"])
    if delivery.fence == 1:
        time.sleep(SLOW_SECONDS)


@shared_task
def only_in_the_broker(fact: str) -> None:
    """The other control: nobody but the broker knows that this is owed."""
    happen(fact)
