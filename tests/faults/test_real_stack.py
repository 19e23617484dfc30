"""`make run` as it is, demo hospital included: every process killed with -9, one after the other and all at once."""

import http.client
import os
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from emr.local.postgres import OWNER
from tests.emr.local.test_supervisor import free_port, wait_for
from tests.faults.client import Client
from tests.faults.ledger import Ledger
from tests.faults.stack import RealRun, start, victims
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]
A_WARD = "SELECT e.uuid FROM visits_encounter e JOIN accounts_organization d ON d.id = e.department_id"
A_STAY = A_WARD + " WHERE e.status = 'in-progress' AND d.code = 'K03' ORDER BY e.id LIMIT 1"


@dataclass
class People:
    """A nurse and the HIS, who use it and remember what they were told."""

    run: RealRun
    mllp_port: int
    rounds: Ledger = field(default_factory=Ledger)
    messages: Ledger = field(default_factory=Ledger)
    stay: str = ""

    def sql(self, query: str) -> list[str]:
        """The first column, as text."""
        with psycopg.connect(self.run.instance().postgres.url(OWNER)) as connection:
            return [str(row[0]) for row in connection.execute(query).fetchall()]

    def work(self) -> None:
        """One round of vital signs and one message, sent again until they are acknowledged."""
        self.stay = self.stay or self.sql(A_STAY)[0]
        batch, control_id = self.rounds.send(uuid.uuid4()), self.messages.send(f"H{uuid.uuid4().hex[:12]}")
        wait_for(lambda: self._record(batch), 60)
        self.rounds.acknowledge(batch)
        wait_for(lambda: self._send(control_id), 60)
        self.messages.acknowledge(control_id)

    def compare(self) -> None:
        """Nothing lost, nothing doubled."""
        found = self.sql("SELECT batch FROM results_observation WHERE code = '8867-4'")
        assert not self.rounds.compare(batch for batch in found if batch in self.rounds.sent)
        found = self.sql("SELECT control_id FROM transport_message")
        assert not self.messages.compare(one for one in found if one in self.messages.sent)

    def _record(self, batch: str) -> bool:
        time.sleep(0.2)
        try:
            nurse = Client(self.run.port).sign_in("dieuduong")
            path = f"/encounters/{self.stay}/vital-signs/"
            return nurse.post(path, {"batch": batch, "pulse": "72"}).status == 302
        except (OSError, http.client.HTTPException, AssertionError):
            return False

    def _send(self, control_id: str) -> bool:
        time.sleep(0.2)
        try:
            with RawSender(self.mllp_port) as his:
                return b"|AA|" in his.ask(adt("A04", control_id, number="BN990001"))
        except (OSError, IndexError):
            return False


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """The first start of a new home."""
    mllp_port = free_port()
    people = People(start(tmp_path, free_port(), mllp_port), mllp_port)
    yield people
    people.run.end()


def test_whatever_is_killed_comes_back_by_itself_and_nothing_is_lost(people: People, tmp_path: Path) -> None:
    people.work()
    wait_for(lambda: victims(people.run), 60)
    for name in victims(people.run):
        wait_for(lambda: victims(people.run), 60)
        victim = victims(people.run)[name].pid
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: (now := victims(people.run)) and now[name].pid != victim, 60)  # noqa: B023
        people.work()
    people.compare()

    people.run.process.kill()
    people.run.process.wait()
    wait_for(lambda: not people.run.living(), 40)
    people.run = start(tmp_path, people.run.port, people.mllp_port)
    people.work()

    people.run.process.send_signal(signal.SIGSTOP)
    for process in people.run.living():
        process.kill()
    people.run.process.kill()
    people.run.process.wait()
    people.run = start(tmp_path, people.run.port, people.mllp_port)
    people.work()
    people.compare()
    assert "preparing" not in people.run.text(), "a second start has nothing to prepare"

    people.run.process.send_signal(signal.SIGINT)
    assert people.run.process.wait(60) == 0
    assert not people.run.living()
