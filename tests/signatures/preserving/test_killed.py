"""F-03: a worker killed while it raises a signature's level; run again, there is exactly one archive."""

import itertools
from collections.abc import Iterable

import pytest
from django.db import transaction

from emr.audit.models import AuditEvent
from emr.outbox.models import OutboxEvent
from encounters.documents.models import DocumentBytes
from signatures.preserving import services
from signatures.preserving.services.planning import TOPIC
from signatures.providers.base import Pin
from signatures.signing import services as signing
from signatures.verification.services import verify_stored
from tests.signatures import killing, pki
from tests.signatures.records import PIN, deliver_all, make_ready

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.peer]


def test_killed_while_raising_and_run_again_leaves_exactly_one(
    authority: pki.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killing, "_WATCHED", ("/signatures/preserving/services/", "/emr/storage/services"))
    assert _kill_at((3, 45, 75, 95, 110), authority) >= 4, "the trace saw the work"


def _kill_at(lines: Iterable[int], authority: pki.Authority) -> int:
    an, deaths = pki.with_key(authority, "an"), 0
    for line in lines:
        request = make_ready(an)
        with transaction.atomic():
            signing.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
        deliver_all()
        assert services.ask_for_raising() == 1
        event = OutboxEvent.objects.filter(topic=TOPIC, done_at=None).get()
        died = killing.run_until(line, event.pk)
        deaths += died
        if died:
            killing.bury(event.pk)
        deliver_all()
        request.refresh_from_db()
        assert request.level == "B-LTA", f"killed at line {line}"
        stored = DocumentBytes.objects.filter(version=request.version)
        kinds = [one.kind for one in verify_stored(stored.latest("revision")).signatures]
        assert (stored.count(), kinds) == (3, ["signature", "timestamp"])
        assert AuditEvent.objects.filter(action="signature.preserve", entity_id=request.pk).count() == 1
        if not died:
            break
    return deaths


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_every_line_of_raising_leaves_exactly_one(
    authority: pki.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killing, "_WATCHED", ("/signatures/preserving/services/", "/emr/storage/services"))
    assert _kill_at(itertools.count(1), authority) > 60, "the trace saw the work"
