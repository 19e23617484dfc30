"""How fast messages are stored and acknowledged, against the least that durability costs: one INSERT and COMMIT each."""

import concurrent.futures
import time
from collections.abc import Callable

import psycopg
import pytest

from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from integrations.transport.demo import load
from integrations.transport.models import Message, MessageState
from tests.emr.people import make_department, make_facility
from tests.integrations.his.conftest import ago
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender, listening
from tests.support.services import Services

SENDERS, EACH = 8, 40


def rate(work: Callable[[int], None]) -> float:
    """How many a second, all senders together."""
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(work, range(SENDERS)))
    return SENDERS * EACH / (time.perf_counter() - began)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_stored_and_acknowledged_against_one_insert_and_commit(
    owner_sql: psycopg.Connection, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    facility = make_facility()
    load(facility)
    make_department(facility)
    owner_sql.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, raw bytea)")
    raw = adt("A28", at=ago(1))

    def insert(_sender: int) -> None:
        with psycopg.connect(
            owner_sql.info.dsn, password=owner_sql.info.password, autocommit=True
        ) as connection:
            for _number in range(EACH):
                connection.execute("INSERT INTO bare (raw) VALUES (%s)", [raw])

    def send(sender: int, port: int) -> None:
        with RawSender(port, timeout=60) as connection:
            for number in range(EACH):
                message = adt("A28", f"{sender}-{number}", at=ago(1), number=f"BN{sender}{number:04d}")
                assert b"|AA|" in connection.ask(message)

    with listening() as running:
        send(SENDERS + 1, running.port)  # warm
        bare = rate(insert)
        stored = rate(lambda sender: send(sender, running.port))
    assert Message.objects.count() == (SENDERS + 1) * EACH
    due = list(
        OutboxEvent.objects.filter(topic="hl7_message.received")
        .order_by("pk")
        .values_list("pk", flat=True)[:300]
    )
    began = time.perf_counter()
    for event in due:
        deliver(event_id=event)
    applied = len(due) / (time.perf_counter() - began)
    assert MessageState.objects.filter(state="applied").count() == len(due)
    with capsys.disabled():
        print(
            f"\nINSERT + COMMIT each: {bare:.0f}/s; stored and acknowledged: {stored:.0f}/s ({stored / bare:.2f}×);"
            f" applied: {applied:.0f}/s in one process"
        )
    assert stored >= 0.3 * bare
