"""A batch is signed and the broker is emptied before any worker hears of it: the sweeper finds every signature."""

import signal
from collections.abc import Iterator

import pytest
from django.db import transaction

from emr.outbox.services import bell
from encounters.documents.models import Document, DocumentBytes
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_key
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.services import sign_requests
from tests.faults import scenes
from tests.faults.house import House, wait_for
from tests.signatures.records import PIN

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
COUNT = 5


@pytest.fixture
def worker(house: House) -> Iterator[House]:
    """A worker and the clock."""
    house.start("worker", "beat")
    yield house
    for name in ("worker", "beat"):
        house.kill(name, signal.SIGTERM)


def test_the_broker_is_emptied_while_a_batch_is_signed(worker: House) -> None:
    ward = scenes.make_ward()
    issue_demo_key(owner=ward.an, pin=PIN)
    entries = [scenes.make_final_entry(ward, hours_ago=2 + number) for number in range(COUNT)]
    wait_for(lambda: SigningRequest.objects.filter(status="ready").count() == COUNT, "nothing was prepared")
    requests = list(SigningRequest.objects.all())
    worker.running["worker"].send_signal(signal.SIGSTOP)
    with transaction.atomic():
        outcomes = sign_requests(shown={one.uuid: one.sha256 for one in requests}, pin=Pin(PIN), by=ward.an)
    assert all(outcome.is_signed for outcome in outcomes)
    assert bell.flush(10)
    with worker.broker_client() as client:
        client.flushall()
    worker.running["worker"].send_signal(signal.SIGCONT)
    assert {one.status for one in SigningRequest.objects.all()} == {"signed"}, "nobody says that it is done"
    scenes.time_passes(worker)
    wait_for(
        lambda: SigningRequest.objects.filter(status="completed").count() == COUNT, "some are stuck", 180
    )
    wait_for(lambda: not scenes.owed(worker), "something is still owed")
    assert {Document.objects.get(pk=entry.pk).status for entry in entries} == {"signed"}
    assert Signature.objects.count() == COUNT
    signed = DocumentBytes.objects.filter(version__document__in=entries, revision__gt=0)
    assert signed.count() == COUNT, "one signed PDF each"
