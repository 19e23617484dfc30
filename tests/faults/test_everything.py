"""The whole house at work while its services fail: every program of `make run`, nobody there to restart one."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integrations.transport.demo import load as load_channels
from integrations.transport.models import Message
from tests.emr.people import make_facility
from tests.faults import scenes
from tests.faults.house import House, wait_for
from tests.faults.ledger import Ledger
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
PROGRAMS = ("web", "worker", "beat", "mllp")


@pytest.fixture
def at_work(house: House) -> Iterator[House]:
    """Everything runs; whatever the test didn't kill itself has outlived it."""
    scenes.make_ward()
    load_channels(make_facility())
    house.start(*PROGRAMS)
    processes: dict[str, subprocess.Popen[bytes]] = dict(house.running)
    yield house
    ended = [name for name in PROGRAMS if house.running[name] is processes[name] and not house.lives(name)]
    for name in PROGRAMS:
        house.kill(name, signal.SIGTERM)
    assert not ended


@contextmanager
def his_at_work(house: House, ledger: Ledger, prefix: str) -> Iterator[None]:
    """A neighbour that sends message after message, and sends again what wasn't acknowledged."""
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            control_id = ledger.send(f"{prefix}{number}")
            while True:
                try:
                    with RawSender(house.mllp_port) as sender:
                        assert b"|AA|" in sender.ask(adt("A04", control_id, number=f"BN{number:06d}"))
                    break
                except (OSError, IndexError):
                    time.sleep(0.3)
            ledger.acknowledge(control_id)
            number += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(90)


def _nothing_is_owed(house: House, seconds: float = 120.0) -> None:
    """What the test owed is delivered; two nurses who write without a pause owe more than a small machine delivers."""
    wait_for(lambda: not scenes.owed(house, "fault."), "deliveries are still owed", seconds)


def test_the_broker_is_emptied_with_a_thousand_events_due(at_work: House) -> None:
    """F-04: found by the sweeper within two minutes, once each; the pages never notice."""
    ledger = Ledger()
    worker = at_work.running["worker"]
    with scenes.Writers(at_work, scenes.make_ward()).at_work(2) as writers:
        worker.send_signal(signal.SIGSTOP)
        scenes.owe(ledger, "fault.happened", 1000)
        with at_work.broker_client() as client:
            client.flushall()
        worker.send_signal(signal.SIGCONT)
        _nothing_is_owed(at_work)
    assert set(writers.answers) == {302}
    assert not ledger.compare(fact for fact in at_work.effects() if fact in ledger.sent)


def test_the_broker_is_away_for_a_while_and_comes_back_empty(at_work: House) -> None:
    """F-05: people write on; the backlog drains by itself."""
    ledger = Ledger()
    with scenes.Writers(at_work, scenes.make_ward()).at_work(2) as writers:
        at_work.stop_broker()
        for _ in range(10):
            scenes.owe(ledger, "fault.happened", 10)
            time.sleep(2)
        at_work.start_broker()
        _nothing_is_owed(at_work)
    assert set(writers.answers) == {302}
    assert not writers.ledger.compare(writers.found())
    assert not ledger.compare(fact for fact in at_work.effects() if fact in ledger.sent)


@pytest.mark.parametrize("outage", [5, 140])
def test_postgres_is_away_under_everybody(at_work: House, outage: int) -> None:
    """F-07: after a short fault and after a long one, all is back within a minute, and nothing was restarted."""
    messages, work = Ledger(), Ledger()
    ward = scenes.make_ward()
    with scenes.Writers(at_work, ward).at_work() as writers, his_at_work(at_work, messages, f"{outage}-"):
        wait_for(lambda: len(messages.acknowledged) > 5, "no message arrived before")
        scenes.owe(work, "fault.happened_slowly", 2)
        at_work.stop_postgres()
        time.sleep(outage)
        at_work.start_postgres()
        rounds, arrived = len(writers.ledger.acknowledged), len(messages.acknowledged)
        wait_for(lambda: len(writers.ledger.acknowledged) > rounds + 8, "the pages aren't back")
        wait_for(lambda: len(messages.acknowledged) > arrived + 5, "the listener isn't back")
        scenes.owe(work, "fault.happened", 20)
    assert set(writers.answers) <= {0, 302, 503}, writers.answers
    _nothing_is_owed(at_work, 240)
    assert not writers.ledger.compare(writers.found())
    assert not messages.compare(
        Message.objects.filter(control_id__in=messages.sent).values_list("control_id", flat=True)
    )
    assert not work.compare(fact for fact in at_work.effects() if fact in work.sent)


def test_a_killed_workers_work_is_done_within_two_minutes(at_work: House) -> None:
    """F-03, with the real lease and the real sweeper."""
    ledger = Ledger()
    scenes.owe(ledger, "fault.happened_slowly", 1)
    query = "SELECT 1 FROM outbox_outboxevent WHERE lease_until > now() AND done_at IS NULL"
    wait_for(lambda: at_work.sql(query), "nobody began")
    at_work.kill("worker")
    began = time.monotonic()
    at_work.start("worker")
    _nothing_is_owed(at_work, 120 - (time.monotonic() - began))
    assert not ledger.compare(fact for fact in at_work.effects() if fact in ledger.sent)
