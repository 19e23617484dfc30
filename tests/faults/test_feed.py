"""Twenty thousand messages while processes are killed at random end as they do without (F-13 to F-18)."""

import os
import random
import signal
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from emr.local.postgres import OWNER
from tests.emr.local.test_supervisor import free_port, wait_for
from tests.faults.ledger import Difference, Ledger
from tests.faults.stack import RealRun, start, victims
from tests.integrations.conftest import ago
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
PATIENTS, QUIET, SENDERS = 3000, 100, 4
AGAIN = 0.2  # of all messages, sent once more though they were acknowledged
PAUSE = (4.0, 12.0)  # seconds between two kills

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

    def send(self, patients: range) -> None:
        """All of them, by several senders and the laboratory's own."""
        with ThreadPoolExecutor(SENDERS) as pool:
            list(
                pool.map(
                    lambda sender: self._send([p for p in patients if p % SENDERS == sender]), range(SENDERS)
                )
            )

    def _send(self, patients: list[int]) -> None:
        """Stop and wait; a broken connection or no answer means: the same once more."""
        waiting = [message for patient in patients for message in [*messages(patient), result(patient)]]
        wire: RawSender | None = None
        for message in waiting:
            control_id = self.ledger.send(message.split(b"|", 10)[9].decode())
            chance = random.Random(zlib.crc32(message))  # noqa: S311  # the same feed each time
            for _ in range(1 + (chance.random() < AGAIN)):
                while True:
                    try:
                        wire = wire or RawSender(self.port)
                        self.sent[control_id] += 1
                        assert b"|AA|" in wire.ask(message)
                        break
                    except (OSError, IndexError):
                        wire = None
                        time.sleep(0.3)
            self.ledger.acknowledge(control_id)
        if wire:
            wire.wire.close()

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """As PostgreSQL's owner."""
        with psycopg.connect(self.run.instance().postgres.url(OWNER)) as connection:
            return connection.execute(query).fetchall()

    def until_applied(self) -> None:
        """Each of ours has been used."""
        wanted = (
            "SELECT count(*) FROM transport_message m JOIN transport_messagestate s ON s.message_id = m.id"
        )
        ours = f"{wanted} WHERE m.control_id LIKE 'F_____A%' OR m.control_id LIKE 'F_____ORU'"
        wait_for(lambda: self._asked(f"{ours}") == len(self.ledger.sent), 120)
        wait_for(
            lambda: self._asked(f"{wanted} WHERE s.state NOT IN ('applied', 'duplicate', 'dead')") == 0, 1500
        )

    def _asked(self, query: str) -> object:
        try:
            return self.sql(query)[0][0]
        except psycopg.OperationalError:
            return None

    def compare(self, patients: range) -> tuple[Difference, list[tuple[object, ...]]]:
        """(messages lost or doubled, patients whose chart is another than expected)."""
        there = self.sql(
            "SELECT control_id FROM transport_message WHERE control_id LIKE 'F_____A%' OR control_id LIKE 'F_____ORU'"
        )
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
    feed.run.process.kill()
    feed.run.process.wait()
    for child in feed.run.children():
        child.kill()


def _kill_at_random(run: RealRun, stop: threading.Event, killed: Counter[str]) -> None:
    chance = random.Random(4711)  # noqa: S311  # the same order each time
    while not stop.wait(chance.uniform(*PAUSE)):
        found = victims(run)
        if found:
            name = chance.choice(sorted(found))
            try:
                os.kill(found[name].pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[name] += 1


def test_a_feed_of_twenty_thousand_ends_the_same_whatever_is_killed(feed: Feed) -> None:
    quiet, whole = range(QUIET), range(PATIENTS)
    feed.send(quiet)
    feed.until_applied()
    difference, others = feed.compare(quiet)
    assert not difference
    assert others == []

    stop, killed = threading.Event(), Counter[str]()
    killer = threading.Thread(target=_kill_at_random, args=(feed.run, stop, killed))
    killer.start()
    try:
        feed.send(range(QUIET, PATIENTS))
    finally:
        stop.set()
        killer.join()
    feed.until_applied()
    difference, others = feed.compare(whole)
    print(f"sent {feed.sent.total()} times, {len(feed.sent)} messages; killed {dict(killed)}")
    assert not difference
    assert others == []
    assert feed.sent.total() > 1.15 * len(feed.sent)
    assert {"listener", "postgres", "broker"} <= set(killed)

    # The control: a message that was acknowledged and isn't there, one that nobody sent, a chart that nobody has.
    feed.ledger.acknowledge(feed.ledger.send("F99999A01"))
    feed.ledger.sent.discard("F00000A01")
    difference, others = feed.compare(range(PATIENTS + 1))
    assert (set(difference.lost), set(difference.unknown)) == ({"F99999A01"}, {"F00000A01"})
    assert others == [(number(PATIENTS), None)]
