"""Who and what is there before something breaks; the writers who go on working while it does."""

import http.client
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.hashers import Argon2PasswordHasher

from emr.accounts.models import User
from emr.outbox import publish_many
from emr.outbox.services import bell
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from tests.emr.people import make_an, make_binh
from tests.encounters.chart import begin, draft_of, load_forms, written
from tests.encounters.visits.ward import admit, ago, department
from tests.faults.client import Client
from tests.faults.house import House
from tests.faults.ledger import Ledger


@dataclass
class Ward:
    """An, Bình and a patient's stay, in a house whose programs check passwords as the hospital's do."""

    an: User
    binh: User
    stay: Encounter


def make_ward() -> Ward:
    """The same one when it is there."""
    if not (an := User.objects.filter(username="an").first()):
        load_forms()
        an, binh = make_an(department()), make_binh(department())
        hasher = Argon2PasswordHasher()
        for user in (an, binh):
            user.password = hasher.encode("benhanmo", hasher.salt())
            user.save()
        admit(at=ago(hours=8))
    return Ward(an, User.objects.get(username="binh"), Encounter.objects.earliest("pk"))


def make_final_entry(ward: Ward, *, hours_ago: int) -> Document:
    """A treatment-sheet entry that waits for the worker to render it."""
    entry = begin(ward.stay, ward.an, happened_at=ago(hours=hours_ago))
    draft = draft_of(entry)
    draft = documents.save_draft(document=entry, fields=written(entry), revision=draft.revision, by=ward.an)
    documents.finalize_document(document=entry, revision=draft.revision, by=ward.an)
    return entry


def owe(ledger: Ledger, topic: str, count: int) -> None:
    """So many events in one transaction; whoever published them was told that they will happen."""
    facts = [ledger.send(uuid.uuid4()) for _ in range(count)]
    publish_many(topic, [("", {"fact": fact}) for fact in facts])
    assert bell.flush(10)  # what happens to the broker next finds it rung
    for fact in facts:
        ledger.acknowledge(fact)


def time_passes(house: House) -> None:
    """Two minutes later: the dead worker's lease has run out, and the sweeper looks at old events."""
    house.sql(
        "UPDATE outbox_outboxevent SET lease_until = now() - interval '1 second', woken_at = NULL,"
        " created_at = created_at - interval '2 minutes' WHERE done_at IS NULL"
    )


def owed(house: House, topics: str = "") -> int:
    """How many deliveries are neither done nor given up, of the topics that begin so."""
    query = "SELECT count(*) FROM outbox_outboxevent WHERE done_at IS NULL AND failed_at IS NULL AND starts_with(topic, %s)"
    return int(house.sql(query, topics)[0][0])


@dataclass
class Writers:
    """Nurses who record vital signs, one round after the other, and send again what wasn't answered with "done"."""

    house: House
    ward: Ward
    ledger: Ledger = field(default_factory=Ledger)
    answers: Counter[int] = field(default_factory=Counter)
    refusal: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _gave_up: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self, count: int = 8) -> Iterator["Writers"]:
        """They write meanwhile; on leaving, everybody finishes the round that is open."""
        nurse = Client(self.house.port).sign_in("binh")
        threads = [
            threading.Thread(target=self._write, args=(Client(self.house.port, dict(nurse.cookies)),))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        except BaseException:
            self.give_up()
            raise
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(90)
        assert not any(thread.is_alive() for thread in threads), f"rounds are never taken: {self.answers}"

    def give_up(self) -> None:
        """Nobody sends again what is open."""
        self._gave_up.set()
        self._stop.set()

    def found(self) -> list[str]:
        """Every round in the database, as often as its pulse is there; no round is there by half."""
        query = "SELECT batch, count(*) FILTER (WHERE code = '8867-4'), count(*) FROM results_observation GROUP BY 1"
        rounds = [(str(batch), *counts) for batch, *counts in self.house.sql(query)]
        ours = [one for one in rounds if one[0] in self.ledger.sent]
        assert not [one for one in ours if one[2] != 2 * one[1]], "half a round"
        return [batch for batch, times, _ in ours for _ in range(times)]

    def _write(self, client: Client) -> None:
        path = f"/encounters/{self.ward.stay.uuid}/vital-signs/"
        while not self._stop.is_set():
            batch = self.ledger.send(uuid.uuid4())
            fields = {
                "batch": batch,
                "pulse": "80",
                "temperature": "37",
                "late_reason": "",
                "effective_at": "",
            }
            while not self._send(client, path, fields) and not self._gave_up.is_set():
                time.sleep(0.3)

    def _send(self, client: Client, path: str, fields: dict[str, str]) -> bool:
        try:
            answer = client.post(path, fields)
        except (OSError, http.client.HTTPException):
            self.answers[0] += 1
            return False
        self.answers[answer.status] += 1
        if answer.status == 302:
            self.ledger.acknowledge(fields["batch"])
            return True
        self.refusal.append(answer.text)
        if answer.status != 503:
            self.give_up()  # the test will ask what was answered
        else:
            assert answer.headers["Retry-After"]
            assert answer.hidden("batch") == fields["batch"]
            assert answer.hidden("pulse") == "80"
        return False
