"""Carts tell their night while the web process is killed under them: each act once, and what was answered is there."""

import http.client
import json
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import psutil
import pytest
from django.utils import timezone

from encounters.medicines.models import DeviceEvent, DueDose, MedicationAdministration
from encounters.results.models import Observation
from tests.encounters.medicines.doses import order
from tests.encounters.visits.ward import ago
from tests.faults import scenes
from tests.faults.client import Client
from tests.faults.house import House, wait_for
from tests.faults.ledger import Ledger

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
CARTS, DOSES, A_REQUEST = 4, 40, 8
Event = dict[str, Any]


@pytest.fixture
def web(house: House) -> Iterator[House]:
    """The house with its web process."""
    scenes.make_ward()
    house.start("web")
    yield house
    house.kill("web", signal.SIGTERM)


def _night(ward: scenes.Ward, number: int) -> list[Event]:
    """Doses that went in, and rounds of vital signs between them."""
    asked = order(ward.stay, ward.an, text=f"Thuốc của xe {number}", plan=False)
    at = ago(minutes=60)
    doses = DueDose.objects.bulk_create(
        [
            DueDose(facility_id=asked.facility_id, patient_id=asked.patient_id, encounter=ward.stay, order=asked,
                    slot=f"fault {n}", planned_at=at, due_at=at, amount=1, unit="lo")
            for n in range(DOSES)
        ]
    )  # fmt: skip
    events: list[Event] = []
    for dose in doses:
        about = {"stay": str(ward.stay.uuid), "happened_at": ago(minutes=30).isoformat()}
        events.append(about | {"key": str(uuid.uuid4()), "kind": "give", "dose": str(dose.uuid)})
        if len(events) % 4 == 3:
            events.append(about | {"key": str(uuid.uuid4()), "kind": "vital-signs", "values": {"pulse": 80}})
    return events


class Cart(threading.Thread):
    """Tells its acts, some at a time, and tells again what wasn't answered."""

    def __init__(self, client: Client, events: Sequence[Event], ledger: Ledger) -> None:
        super().__init__()
        self.client, self.events, self.ledger = client, events, ledger
        self.lost = 0
        self.last: Any = None
        self.odd: list[Any] = []

    def run(self) -> None:
        for start in range(0, len(self.events), A_REQUEST):
            waiting = self.events[start : start + A_REQUEST]
            for event in waiting:
                self.ledger.send(event["key"])
            while waiting and not self.odd:
                told = self.tell(waiting)
                for answer in told:
                    if answer["status"] == "done":
                        self.ledger.acknowledge(answer["key"])
                    elif answer["status"] != "retry":
                        self.odd.append(answer)
                waiting = [event for event in waiting if event["key"] not in self.ledger.acknowledged]

    def tell(self, events: Sequence[Event]) -> list[dict[str, str]]:
        body = json.dumps({"sent_at": timezone.now().isoformat(), "events": list(events)})
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.client.cookies["csrftoken"]}
        try:
            answer = self.client._ask("POST", "/api/medicines/events", body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.last, self.lost = error, self.lost + 1
            time.sleep(0.3)
            return []
        self.last = (answer.status, answer.text[:300])
        if answer.status == 503:
            time.sleep(0.3)
            return []
        if answer.status != 200:
            self.odd.append(self.last)
            return []
        found: list[dict[str, str]] = json.loads(answer.text)["answers"]
        return found


def _until_all_is_told(web: House, carts: Sequence[Cart]) -> None:
    """Five minutes at most. A web server whose processes die twice within seconds gives up: `make run` starts it again."""
    deadline = time.monotonic() + 300
    while any(cart.is_alive() for cart in carts):
        assert time.monotonic() < deadline, [cart.last for cart in carts]
        if not web.lives("web"):
            web.start("web")
        time.sleep(0.1)


def test_the_web_process_is_killed_twice_while_carts_tell_their_night(web: House) -> None:
    """F-01, F-20, F-21: whole acts, once each, whether the answer was lost before or after the commit."""
    ward, ledger = scenes.make_ward(), Ledger()
    nights = [_night(ward, number) for number in range(CARTS)]
    nurse = Client(web.port).sign_in("binh")
    carts = [Cart(Client(web.port, dict(nurse.cookies)), night, ledger) for night in nights]
    process = psutil.Process(web.running["web"].pid)
    for cart in carts:
        cart.start()
    for enough in (20, 90):
        wait_for(
            lambda enough=enough: len(ledger.acknowledged) > enough or any(cart.odd for cart in carts),
            "nobody tells anything",
        )
        wait_for(process.children, "no other process serves")
        process.children()[0].kill()
    _until_all_is_told(web, carts)
    assert not [cart.odd for cart in carts if cart.odd]
    assert sum(cart.lost for cart in carts), "nobody lost an answer"
    assert ledger.acknowledged == ledger.sent == {event["key"] for night in nights for event in night}
    assert not ledger.compare(DeviceEvent.objects.values_list("key", flat=True))
    acts = [*MedicationAdministration.objects.values_list("key", flat=True)]
    acts += Observation.objects.filter(batch__in=ledger.sent).values_list("batch", flat=True)
    assert not ledger.compare(acts)
    assert not DueDose.objects.filter(slot__startswith="fault", outcome="").exists()
