"""A feed with every fifth message sent twice, while processes are killed at random, ends as it does without (F-13 to F-18).

Every kind of process dies once a round, and the feed is spread over a round at least. With few patients, and told meanwhile:
`FEED_PATIENTS=40 pytest tests/faults/test_feed.py -o log_cli=true --log-cli-level=INFO`.
"""

import logging
import os
import random
import signal
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from emr.local.postgres import OWNER
from integrations.transport.framing import frame
from tests.emr.local.test_supervisor import free_port
from tests.faults.ledger import Difference, Ledger
from tests.faults.stack import RealRun, start, victims
from tests.integrations.conftest import ago
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender, listening

logger = logging.getLogger(__name__)
pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
PATIENTS = int(os.environ.get("FEED_PATIENTS", "4000"))
QUIET, SENDERS = max(4, PATIENTS // 40), 4
AGAIN = 0.2  # of all messages, sent once more though they were acknowledged
PAUSE = (3.0, 9.0)  # seconds between two kills
PATIENCE = 240.0  # seconds without any progress

OURS = (
    "transport_message m JOIN transport_messagestate s ON s.message_id = m.id"
    " WHERE m.control_id SIMILAR TO 'F[0-9]{5}(A0[1-8]|ORU)'"
)
# One line a patient of the feed: what the charts hold, and how often.
STATES = """
SELECT i.value, p.full_name,
  (SELECT count(*) FROM registry_identifier o WHERE o.value = i.value),
  (SELECT string_agg(d.code || ' ' || e.status, ',') FROM visits_encounter e
     JOIN accounts_organization d ON d.id = e.department_id WHERE e.patient_id = p.id),
  (SELECT string_agg(d.code, ',' ORDER BY l.starts_at) FROM visits_encounterlocation l
     JOIN accounts_organization d ON d.id = l.department_id JOIN visits_encounter e ON e.id = l.encounter_id
     WHERE e.patient_id = p.id AND l.cancelled_at IS NULL),
  (SELECT string_agg(f.text || coalesce(f.number::float::text, ''), ',') FROM results_finding f WHERE f.patient_id = p.id)
FROM registry_identifier i JOIN registry_patient p ON p.id = i.patient_id WHERE i.value LIKE 'FD%'
"""


def number(patient: int) -> str:
    return f"FD{patient:05d}"


def messages(patient: int) -> list[bytes]:
    """What the HIS says of one patient: admitted, renamed, moved, and every second one discharged."""
    told = [("A01", 50.0, "K03"), ("A08", 40.0, "K03"), ("A02", 30.0, "K02"), ("A03", 10.0, "K02")]
    return [
        adt(
            event,
            f"F{patient:05d}{event}",
            at=ago(hours),
            number=number(patient),
            name=f"Trần^Văn {'Sáu' if event == 'A01' else 'Bảy'} {patient}",
            visit=f"FV{patient:05d}",
            place=place,
        )
        for event, hours, place in told[: 4 - patient % 2]
    ]


def result(patient: int) -> bytes:
    """What the laboratory says of them."""
    return oru(
        obr(filler=f"FX{patient:05d}"),
        obx("NM", "XN0015^Creatinin^L", str(50 + patient % 40), unit="umol/L"),
        pid=f"PID|1||{number(patient)}^^^BV99999^MR||Trần^Văn Bảy {patient}||19800517|M",
        control=f"F{patient:05d}ORU",
        pv1="PV1|1|I|K02",
    )


def expected(patient: int) -> tuple[object, ...]:
    """The line of STATES that the messages alone make."""
    status = "in-progress" if patient % 2 else "finished"
    return (
        number(patient),
        f"Trần Văn Bảy {patient}",
        1,
        f"K02 {status}",
        "K03,K02",
        f"{50 + patient % 40}",
    )


@dataclass
class Feed:
    """Senders that go on until each message has been acknowledged, in each patient's order."""

    run: RealRun
    port: int
    ledger: Ledger = field(default_factory=Ledger)
    sent: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    seconds_between: float = 0.0

    def send(self, patients: range) -> None:
        """All of them, by several senders; each patient's messages by one."""
        shares = [[p for p in patients if p % SENDERS == sender] for sender in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            for sent in [pool.submit(self._send, share) for share in shares]:
                sent.result()

    def _send(self, patients: list[int]) -> None:
        """Stop and wait; a broken connection or no answer means: the same once more."""
        wire: RawSender | None = None
        try:
            for message in [raw for patient in patients for raw in [*messages(patient), result(patient)]]:
                control_id = self.ledger.send(message.split(b"|", 10)[9].decode())
                chance = random.Random(zlib.crc32(message))  # noqa: S311  # the same feed each time
                for _ in range(1 + (chance.random() < AGAIN)):
                    wire = self._until_acknowledged(wire, control_id, message)
                self.ledger.acknowledge(control_id)
                time.sleep(self.seconds_between)
        finally:
            if wire:
                wire.wire.close()

    def _until_acknowledged(self, wire: RawSender | None, control_id: str, message: bytes) -> RawSender:
        """The connection that the acknowledgement came on. An answer other than AA is nothing to repeat: it fails."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                wire = wire or RawSender(self.port)
                self.sent[control_id] += 1
                answer = wire.ask(message)
            except (OSError, IndexError):
                assert time.monotonic() < deadline, f"{control_id} isn't acknowledged in {PATIENCE:.0f} s"
                if wire:
                    wire.wire.close()
                    self.broken += 1
                wire = None
                time.sleep(0.3)
            else:
                assert b"|AA|" in answer, answer
                return wire

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """As PostgreSQL's owner."""
        with psycopg.connect(self.run.instance().postgres.url(OWNER)) as connection:
            return connection.execute(query).fetchall()

    def states(self) -> Counter[str]:
        """How many of ours are in which state; empty while the database is away."""
        try:
            rows = self.sql(f"SELECT s.state, count(*) FROM {OURS} GROUP BY 1")  # noqa: S608  our own words
        except psycopg.OperationalError:
            return Counter()
        return Counter({str(state): int(str(count)) for state, count in rows})

    def until_applied(self) -> None:
        """Each of ours has been used, or laid aside for a person."""
        self._wait(
            lambda found: found.total() >= len(self.ledger.sent) and not found["received"] + found["waiting"]
        )

    def _wait(self, is_over: Callable[[Counter[str]], bool]) -> None:
        """While something changes; the last states stand in the failure."""
        last, deadline, told = Counter[str](), time.monotonic() + PATIENCE, 0.0
        while not is_over(found := self.states()):
            if found and found != last:
                last, deadline = found, time.monotonic() + PATIENCE
            if time.monotonic() - told > 5:
                logger.info("%d sent; %s", len(self.ledger.sent), dict(found) or "the database is away")
                told = time.monotonic()
            assert time.monotonic() < deadline, f"nothing moves: {len(self.ledger.sent)} sent, {dict(last)}"
            time.sleep(0.5)

    def compare(self, patients: range) -> tuple[Difference, list[tuple[object, ...]]]:
        """(messages lost or doubled, patients whose chart is another than expected)."""
        there = self.sql(f"SELECT m.control_id FROM {OURS}")  # noqa: S608
        states = {row[0]: row for row in self.sql(STATES)}
        others = [
            (number(p), states.get(number(p))) for p in patients if states.get(number(p)) != expected(p)
        ]
        return self.ledger.compare(row[0] for row in there), others


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    """The real stack, started for the first time."""
    port = free_port()
    feed = Feed(start(tmp_path, free_port(), port), port)
    yield feed
    feed.run.end()


@dataclass
class Killer:
    """Kills one process after the other, every kind once a round, each round in another order."""

    run: RealRun
    killed: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._kill)
        self._thread.start()

    def stop(self) -> None:
        """When the round is complete."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join(600)
        assert not self._thread.is_alive(), f"what was killed doesn't come back: {self.killed}"

    def _kill(self) -> None:
        chance = random.Random(4711)  # noqa: S311  # the same order each time
        while not self.rounds or not self._stop.is_set():
            names = sorted(self._all_there())
            chance.shuffle(names)
            for name in names:
                time.sleep(chance.uniform(*PAUSE))
                os.kill(self._all_there()[name], signal.SIGKILL)
                self.killed[name] += 1
                logger.info("killed %s", name)
            self.rounds += 1

    def _all_there(self) -> dict[str, int]:
        """Everything has come back from the last kill: {what: its pid}."""
        deadline = time.monotonic() + 120
        while not (found := victims(self.run)):
            assert time.monotonic() < deadline, f"what was killed isn't back: {self.killed}"
            time.sleep(0.2)
        return {name: process.pid for name, process in found.items()}


def test_a_feed_of_twenty_thousand_ends_the_same_whatever_is_killed(feed: Feed) -> None:
    quiet, whole = range(QUIET), range(PATIENTS)
    feed.send(quiet)
    feed.until_applied()
    difference, others = feed.compare(quiet)
    assert not difference
    assert others == []

    killer = Killer(feed.run)
    # Spread over one round of kills at least, so that every kind dies amid the feed.
    feed.seconds_between = SENDERS * len(victims(feed.run)) * sum(PAUSE) / 2 / (4.5 * (PATIENTS - QUIET))
    killer.start()
    try:
        feed.send(range(QUIET, PATIENTS))
    finally:
        killer.stop()
    feed.until_applied()
    difference, others = feed.compare(whole)
    told = f"{len(feed.sent)} messages sent {feed.sent.total()} times, connections broken {feed.broken} times"
    logger.info("%s; killed %s; %s", told, dict(killer.killed), dict(feed.states()))
    assert not difference
    assert others == []
    assert feed.sent.total() > 1.1 * len(feed.sent)
    assert feed.broken, "nobody noticed that the listener was killed"
    _control(feed)


def _control(feed: Feed) -> None:
    """The same comparison sees what is lost, unknown, in no chart; and what a listener doubles that knows none again."""
    again = [raw for patient in range(4) for raw in messages(patient)]
    environment = victims(feed.run)["listener"].environ()
    with (
        listening(program=("tests/faults/forgetful.py",), **environment) as careless,
        RawSender(careless.port) as his,
    ):
        his.send(b"".join(map(frame, again)))
        assert [b"|AA|" in answer for answer in his.receive(len(again))] == [True] * len(again)
    feed.until_applied()
    feed.ledger.acknowledge(feed.ledger.send("F99999A01"))
    feed.ledger.sent.discard("F00000A01")
    difference, others = feed.compare(range(PATIENTS + 1))
    assert set(difference.doubled) == {raw.split(b"|", 10)[9].decode() for raw in again}
    assert (set(difference.lost), set(difference.unknown)) == ({"F99999A01"}, {"F00000A01"})
    assert others == [(number(PATIENTS), None)]
