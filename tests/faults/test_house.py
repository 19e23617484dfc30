"""Workers killed, PostgreSQL stopped, the broker emptied: nothing acknowledged is lost, nothing happens twice.

Each case has its control: the same harness with the protection taken away must report the loss or the double.
"""

import signal
import uuid
from collections.abc import Iterator

import psutil
import pytest
from celery import current_app
from django.db import transaction

from emr.outbox.services import sweep
from encounters.documents.models import Document, DocumentBytes
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_key
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.services import sign_requests
from tests.faults import effects, scenes
from tests.faults.client import Client
from tests.faults.house import House, checkpoint, wait_for
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.long
PIN = "246813"


@pytest.fixture
def worker(house: House) -> Iterator[House]:
    """The house with its worker."""
    house.start("worker")
    yield house
    if "worker" in house.running:
        house.kill("worker")


@pytest.fixture
def web(house: House) -> Iterator[House]:
    """The house with its web process and a ward to write about."""
    scenes.make_ward()
    house.start("web")
    yield house
    house.kill("web", signal.SIGTERM)


def _killed_at_work_and_started_again(house: House, subscriber: str) -> None:
    """Kill the worker while it holds the lease of this work, start another, let the lease run out."""
    query = (
        "SELECT 1 FROM outbox_outboxevent WHERE subscriber = %s AND lease_until > now() AND done_at IS NULL"
    )
    wait_for(lambda: house.sql(query, subscriber), f"nobody began {subscriber}")
    house.kill("worker")
    assert house.sql(query, subscriber), f"{subscriber} was done before the worker was killed"
    house.start("worker")
    scenes.time_passes(house)
    sweep()


def test_a_worker_killed_while_rendering_and_while_embedding_leaves_one_of_each(worker: House) -> None:
    """F-03, with Celery, broker and kill -9 as they are."""
    ward = scenes.make_ward()
    issue_demo_key(owner=ward.an, pin=PIN)
    entry = scenes.make_final_entry(ward, hours_ago=3)
    _killed_at_work_and_started_again(worker, "encounters.documents.subscribers.render")
    _killed_at_work_and_started_again(worker, "signatures.signing.subscribers.prepare")
    wait_for(lambda: SigningRequest.objects.filter(status="ready"), "nothing was prepared for signing")
    request = SigningRequest.objects.get()
    with transaction.atomic():
        sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=ward.an)
    _killed_at_work_and_started_again(worker, "signatures.signing.subscribers.embed")
    wait_for(lambda: Document.objects.get(pk=entry.pk).status == "signed", "the document is never signed")
    wait_for(lambda: not scenes.owed(worker), "something is still owed")
    revisions = DocumentBytes.objects.filter(version__document=entry).values_list("revision", flat=True)
    assert sorted(revisions) == [0, 1]
    assert Signature.objects.filter(request=request).count() == 1


def test_work_killed_half_way_happens_once_and_the_careless_work_is_seen_twice(worker: House) -> None:
    """F-06's fence; the control has none, and the same ledger reports its double."""
    careful, careless = Ledger(), Ledger()
    scenes.owe(careless, "fault.happened_carelessly", 1)
    scenes.owe(careful, "fault.happened_slowly", 1)
    wait_for(lambda: careless.acknowledged <= set(worker.effects()), "the careless one never began")
    _killed_at_work_and_started_again(worker, "tests.faults.effects.owed_and_slow")
    wait_for(lambda: not scenes.owed(worker), "it was never done again")
    found = worker.effects()
    assert careful.acknowledged <= set(found)
    assert not careful.compare(fact for fact in found if fact in careful.sent)
    assert careless.compare(fact for fact in found if fact in careless.sent).doubled == careless.sent


def test_what_is_owed_outlives_the_broker_and_a_queue_in_the_broker_does_not(house: House) -> None:
    """F-04 in small: the worker comes after the broker was emptied."""
    kept, gone = Ledger(), Ledger()
    scenes.owe(kept, "fault.happened", 20)
    fact = gone.send(uuid.uuid4())
    current_app.send_task(effects.only_in_the_broker.name, args=[fact], queue="sync")
    gone.acknowledge(fact)
    house.stop_broker()
    house.start_broker()
    house.start("worker")
    scenes.time_passes(house)
    sweep()
    wait_for(lambda: not scenes.owed(house), "the sweeper found nothing")
    found = house.effects()
    house.kill("worker")
    assert not kept.compare(fact for fact in found if fact in kept.sent)
    assert gone.compare(fact for fact in found if fact in gone.sent).lost == {fact}


def test_the_web_process_dies_under_writers_who_ask_again(web: House) -> None:
    """F-01, F-02, F-21: whole rounds, once each, whether the answer was lost before or after the commit."""
    process = psutil.Process(web.running["web"].pid)
    with scenes.Writers(web, scenes.make_ward()).at_work() as writers:
        wait_for(lambda: len(writers.ledger.acknowledged) > 20, "nobody could write before")
        process.children()[0].kill()
        before = len(writers.ledger.acknowledged)
        wait_for(lambda: len(writers.ledger.acknowledged) > before + 20, "no other process serves")
    assert set(writers.answers) <= {0, 302, 503}, writers.answers
    assert writers.answers[0], "nobody lost an answer"
    assert writers.ledger.acknowledged == writers.ledger.sent
    assert not writers.ledger.compare(writers.found())


def test_postgres_dies_under_writers_who_get_a_page_in_words_and_lose_nothing(web: House) -> None:
    """F-07: 503 with the form kept, and the same web process goes on."""
    ward = scenes.make_ward()
    process = web.running["web"]
    with scenes.Writers(web, ward).at_work() as writers:
        wait_for(lambda: len(writers.ledger.acknowledged) > 20, "nobody could write before")
        web.stop_postgres()
        wait_for(lambda: writers.answers[503] >= 4, "nobody was told")
        page = Client(web.port).get("/sign-in/", Accept="application/json")
        web.start_postgres()
        before = len(writers.ledger.acknowledged)
        wait_for(lambda: len(writers.ledger.acknowledged) > before + 20, "it isn't back within a minute")
    assert set(writers.answers) <= {0, 302, 503}, writers.answers
    assert "Bệnh án tạm thời chưa truy cập được" in writers.refusal[0]
    assert "Gửi lại nội dung vừa nhập" in writers.refusal[0]
    assert (page.status, page.headers["Content-Type"]) in {
        (503, "application/json"),
        (200, "text/html; charset=utf-8"),
    }
    assert process is web.running["web"]
    assert web.lives("web")
    assert writers.ledger.acknowledged == writers.ledger.sent
    assert not writers.ledger.compare(writers.found())


def test_the_control_a_database_that_answers_before_its_disk_is_caught(web: House) -> None:
    """The same writers and the same death, but COMMIT answers at once: the ledger must report what is lost."""
    ward = scenes.make_ward()
    web.sql("ALTER SYSTEM SET synchronous_commit = off")
    web.sql("ALTER SYSTEM SET wal_writer_delay = '10s'")
    web.sql("SELECT pg_reload_conf()")
    try:
        with scenes.Writers(web, ward).at_work() as writers:
            checkpoint(web)
            begun = len(writers.ledger.acknowledged)
            wait_for(lambda: len(writers.ledger.acknowledged) > begun + 20, "nobody could write")
            writers.give_up()
            web.stop_postgres()
        web.start_postgres()
        assert writers.ledger.compare(writers.found()).lost
    finally:
        web.sql("ALTER SYSTEM RESET ALL")
        web.sql("SELECT pg_reload_conf()")
