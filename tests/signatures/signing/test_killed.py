"""A worker killed at any line of embedding, and run again: one signature, one signed PDF (F-03)."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.exceptions import MultipleObjectsReturned
from django.db import transaction

from emr.outbox import Delivery, registry
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.services import store_bytes
from encounters.documents.models import DocumentBytes
from signatures.providers.base import Pin
from signatures.signing import services
from signatures.signing.models import Signature, SigningRequest
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.signatures.killing import Killed, bury, forget_the_lease, run_until
from tests.signatures.records import PIN, make_ready, make_signer

_EMBED = "signatures.signing.subscribers.embed"


def _check(request: SigningRequest) -> None:
    request.refresh_from_db()
    assert request.status == "completed"
    assert DocumentBytes.objects.filter(version=request.version).count() == 2
    assert Signature.objects.filter(request=request).count() == 1
    assert OutboxEvent.objects.filter(
        topic="document_version.signed", payload__document_version_id=request.version_id
    )
    assert verify_stored(request.version.bytes.get(revision=1)).verdict == Verdict.VALID


def _signed_request(an: Any) -> tuple[SigningRequest, int]:
    request = make_ready(an)
    with transaction.atomic():
        services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    return request, OutboxEvent.objects.filter(topic="signature.created").latest("pk").pk


def _kill_at(lines: Iterable[int]) -> int:
    """One document for each line: killed there, run again, checked. Answers how many were killed."""
    an, deaths = make_signer(), 0
    for line in lines:
        request, event_id = _signed_request(an)
        died = run_until(line, event_id)
        deaths += died
        if died:
            bury(event_id)
            deliver(event_id=event_id)
        assert not OutboxEvent.objects.get(pk=event_id).last_error
        _check(request)
        if not died:
            break
    return deaths


@pytest.mark.django_db(transaction=True)
def test_killed_while_embedding_and_run_again_leaves_exactly_one_signature() -> None:
    assert _kill_at([1, 9, 25, 45, 62, 70, 78, 86]) > 5, "the trace saw the work"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_killed_at_every_line_of_embedding_leaves_exactly_one_signature() -> None:
    assert _kill_at(itertools.count(1)) > 60, "the trace saw the work"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_signature_make_one() -> None:
    """The lease ran out while the first one still worked: it finds that it lost, and commits nothing."""
    request, event_id = _signed_request(make_signer())
    signed = services.embed_signature(request_id=request.pk)
    assert signed is not None
    deliver(event_id=event_id)
    assert services.keep_signed_bytes(signed) is None
    _check(request)


@pytest.mark.django_db(transaction=True)
def test_the_control_fails_without_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A careless worker, which stores first and says "done" later, is caught by the same ledger."""

    def careless(delivery: Delivery) -> None:
        signed = services.embed_signature(request_id=delivery.payload["signing_request_id"])
        request = SigningRequest.objects.get(pk=delivery.payload["signing_request_id"])
        if signed is not None:
            attachment = store_bytes(signed.pdf, content_type="application/pdf", facility=request.facility)
            revision = DocumentBytes.objects.filter(version=request.version).count()
            DocumentBytes.objects.create(
                version=request.version, revision=revision, attachment=attachment, sha256=attachment.sha256
            )
        raise Killed

    request, event_id = _signed_request(make_signer())
    monkeypatch.setitem(
        registry._by_name, _EMBED, dataclasses.replace(registry._by_name[_EMBED], handler=careless)
    )
    for _ in range(2):
        with pytest.raises(Killed):
            deliver(event_id=event_id)
        forget_the_lease(event_id)
    monkeypatch.undo()
    deliver(event_id=event_id)
    with pytest.raises((AssertionError, MultipleObjectsReturned)):
        _check(request)
