"""What fails while a batch is being signed: no document says that it has a signature which it hasn't, or hides one that it
has, and none is stuck without somebody being told. The broker's turn is in tests/faults/test_signing.py.
"""

import errno
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import health
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.documents.models import DocumentBytes
from signatures.certificates.selectors import certificate_of
from signatures.certificates.services import set_status
from signatures.providers.base import Pin
from signatures.signing import services, timestamp
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.selectors import waiting_for
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.signatures import tsa
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
Status = SigningRequest.Status


def _batch(an: User, count: int) -> list[SigningRequest]:
    return [make_ready(an) for _number in range(count)]


def _sign(requests: list[SigningRequest], pin: str = PIN) -> list[services.Outcome]:
    by = User.objects.get(pk=requests[0].signer_id)
    with transaction.atomic():
        try:
            return services.sign_requests(
                shown={one.uuid: one.sha256 for one in requests}, pin=Pin(pin), by=by
            )
        except DomainError as refusal:  # the page lets it commit: a wrong PIN is counted
            return [services.Outcome(one, str(refusal), refusal.code) for one in requests]


def _owed() -> list[int]:
    made = OutboxEvent.objects.filter(topic="signature.created", done_at=None)
    return list(made.order_by("pk").values_list("pk", flat=True))


def _demand_honest(requests: list[SigningRequest]) -> None:
    """Rows, bytes and the desk say the same of every document, and what isn't finished is owed or waits for its signer."""
    for request in SigningRequest.objects.filter(pk__in=[one.pk for one in requests]):
        made = Signature.objects.filter(request=request).count()
        stored = DocumentBytes.objects.filter(version=request.version).latest("revision")
        found = [one for one in verify_stored(stored).signatures if one.kind == "signature"]
        is_there = request.status == Status.COMPLETED
        assert made == (request.status in {Status.SIGNED, Status.COMPLETED}), request.status
        assert len(found) == is_there, f"{request.status}, {len(found)} signatures in the PDF"
        request.version.document.refresh_from_db()
        told = OutboxEvent.objects.filter(
            topic="document_version.signed", payload__document_version_id=request.version_id, done_at=None
        )
        is_said = request.version.document.status == "signed"
        assert is_said == is_there or (is_there and told.exists()), "the document says otherwise"
        if request.status == Status.SIGNED:
            owed = OutboxEvent.objects.filter(payload__signing_request_id=request.pk, done_at=None)
            assert owed.filter(topic="signature.created").exists(), "nobody would ever embed it"
        elif not is_there:
            assert request in waiting_for(request.signer), "its signer doesn't see it"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", range(4))
def test_the_pin_is_wrong_in_the_middle(after: int) -> None:
    an = make_signer()
    requests = _batch(an, 4)
    if after:
        assert all(outcome.is_signed for outcome in _sign(requests[:after]))
    rest = requests[after:]
    _demand_honest(requests)
    assert {outcome.code for outcome in _sign(rest, pin="000000")} == {"wrong_pin"}
    assert Signature.objects.count() == after
    _demand_honest(requests)
    assert all(outcome.is_signed for outcome in _sign(rest))
    deliver_all()
    _demand_honest(requests)
    assert set(SigningRequest.objects.values_list("status", flat=True)) == {Status.COMPLETED}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("embedded", range(4))
def test_the_certificate_is_revoked_in_the_middle(embedded: int) -> None:
    """What was signed before is embedded, and unknown for want of a timestamp: never valid. What wasn't isn't signed."""
    an = make_signer()
    requests = _batch(an, 5)
    assert all(outcome.is_signed for outcome in _sign(requests[:3]))
    for event in _owed()[:embedded]:
        assert deliver(event_id=event)
    certificate = certificate_of(an)
    assert certificate is not None
    set_status(certificate=certificate, status="revoked", reason="Mất thẻ", by=None)
    assert {outcome.code for outcome in _sign(requests[3:])} == {"certificate_revoked"}
    assert Signature.objects.count() == 3
    deliver_all()
    _demand_honest(requests)
    for request in requests[:3]:
        stored = DocumentBytes.objects.filter(version=request.version).latest("revision")
        assert verify_stored(stored).verdict in {Verdict.UNKNOWN, Verdict.INVALID}
    for request in requests[3:]:
        request.refresh_from_db()
        assert request.is_open, "it waits for its signer, who is told why"


@contextmanager
def _full_disk() -> Iterator[None]:
    """The operating system writes nothing more into files: what a full disk does to who writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("embedded", range(3))
def test_the_disk_is_full_in_the_middle(embedded: int, tmp_path: Path, settings: Settings) -> None:
    with _full_disk(), pytest.raises(OSError, match="too large") as refusal:
        (tmp_path / "x").write_bytes(b"x" * 5000)
    assert refusal.value.errno == errno.EFBIG, "the control: nothing can be written"
    an = make_signer()
    requests = _batch(an, 3)
    assert all(outcome.is_signed for outcome in _sign(requests))
    owed = _owed()
    for event in owed[:embedded]:
        assert deliver(event_id=event)
    with _full_disk():
        for event in owed[embedded:]:
            deliver(event_id=event)
    _demand_honest(requests)
    still = OutboxEvent.objects.filter(pk__in=owed, done_at=None)
    assert still.count() == len(owed) - embedded and not still.filter(last_error="").exists()
    OutboxEvent.objects.filter(pk__in=owed, done_at=None).update(failed_at=now())
    assert str(len(owed) - embedded) in health.deliveries(), "given up at last, the state page says so"
    OutboxEvent.objects.filter(pk__in=owed, done_at=None).update(failed_at=None, attempts=0)
    deliver_all()
    _demand_honest(requests)
    assert set(SigningRequest.objects.values_list("status", flat=True)) == {Status.COMPLETED}


class _Rubbish(BaseHTTPRequestHandler):
    answer = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def _talking(answer: bytes) -> Iterator[str]:
    handler = type("Handler", (_Rubbish,), {"answer": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.peer
@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"<html>Maintenance</html>",
        os.urandom(3000),
        bytes.fromhex("30030201 00"),
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_the_timestamp_authority_talks_rubbish(
    rubbish: bytes, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed at B-B, said to be B-B, owing the timestamp; raised when the authority comes to its senses."""
    monkeypatch.setattr(timestamp, "_REST_SECONDS", 0.0)
    settings.EMR_DEMO = True
    an = make_signer()
    with tsa.running(tmp_path) as (address, _root):
        settings.EMR_TRUST_ROOTS = str(tmp_path / "roots")
        with _talking(rubbish) as nonsense:
            settings.EMR_TSA_URL = nonsense
            requests = _batch(an, 3)
            _sign(requests)
            deliver_all()
            _demand_honest(requests)
            services.ask_for_timestamps(3)
            deliver_all()
        _demand_honest(requests)
        for request in requests:
            request.refresh_from_db()
            assert (request.level, request.owes_timestamp) == ("B-B", True)
        settings.EMR_TSA_URL = address
        services.ask_for_timestamps(3)
        deliver_all()
        _demand_honest(requests)
        for request in requests:
            request.refresh_from_db()
            assert (request.level, request.owes_timestamp) == ("B-T", False)
