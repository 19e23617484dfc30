"""F-25: signed while the timestamp authority was away, timestamped when it is back; with a real authority, off and on."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.outbox.models import OutboxEvent
from encounters.documents.models import Document, DocumentBytes
from signatures.certificates.selectors import certificate_of
from signatures.certificates.services import set_status
from signatures.providers.base import Pin
from signatures.signing import services, timestamp
from signatures.signing.apps import _health
from signatures.signing.models import SigningRequest
from signatures.verification.report import verify_pdf
from signatures.verification.services import trusted_roots, verify_stored, verify_upload
from signatures.verification.verdicts import Report, Verdict
from tests.emr.people import make_user
from tests.signatures import support, tsa
from tests.signatures.killing import bury, run_until
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer, newest_pdf
from tests.support.verapdf import broken_clauses

pytestmark = [pytest.mark.django_db, pytest.mark.peer]

Authority = Callable[[], AbstractContextManager[tuple[str, bytes]]]


@pytest.fixture
def authority(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The instance names an authority that is away; the block given here is the time for which it is back."""
    port, folder = tsa.free_port(), tmp_path / "time"
    (folder / "roots").mkdir(parents=True)
    settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = tsa.address(port), str(folder / "roots")
    monkeypatch.setattr(timestamp, "_REST_SECONDS", 0.0)
    yield lambda: tsa.running(folder, port)


def _sign(request: SigningRequest) -> SigningRequest:
    with transaction.atomic():
        (outcome,) = services.sign_requests(
            shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer
        )
    assert outcome.is_signed, outcome.problem
    deliver_all()
    request.refresh_from_db()
    return request


def _head(request: SigningRequest) -> User:
    """Em, who countersigns."""
    department = request.version.document.department
    return make_signer(make_user("em", "Vũ Thị Em", "head_of_department", department, title="BSCKII."))


def _sweep() -> int:
    asked = services.ask_for_timestamps(1)
    deliver_all()
    return asked


def _report(request: SigningRequest) -> Report:
    return verify_stored(DocumentBytes.objects.filter(version=request.version).latest("revision"))


def test_the_authority_is_away_then_back(authority: Authority) -> None:
    request = _sign(make_ready(make_signer()))
    assert (request.level, request.owes_timestamp) == ("B-B", True)
    signed = newest_pdf(request.version)
    (before,) = _report(request).signatures
    assert (before.level, before.timestamped_at) == ("B-B", None)
    assert _sweep() == 1, "asked while the authority is still away"
    request.refresh_from_db()
    assert request.owes_timestamp and newest_pdf(request.version) == signed
    with authority():
        assert _sweep() == 1
    request.refresh_from_db()
    assert (request.level, request.owes_timestamp) == ("B-T", False)
    assert newest_pdf(request.version).startswith(signed), "not a byte of what was signed is touched"
    report = _report(request)
    signature, stamp = report.signatures
    assert report.verdict == Verdict.VALID
    assert (stamp.kind, signature.level) == ("timestamp", "B-T")
    assert signature.timestamped_at == stamp.timestamped_at
    assert AuditEvent.objects.filter(action="signature.timestamp").count() == 1
    assert Document.objects.get().status == "signed"
    assert _sweep() == 0, "nothing more is owed"


def test_the_screens_say_it(authority: Authority, client: Client) -> None:
    request = _sign(make_ready(make_signer()))
    client.force_login(request.signer, backend="django.contrib.auth.backends.ModelBackend")
    panel = reverse("signatures:signing:panel", args=[request.version.document.uuid])
    follows = _("Timestamp follows")
    assert follows in client.get(panel).content.decode()
    state = client.get(reverse("signatures:signing:progress", args=[request.uuid])).content.decode()
    assert _("The document is signed.") in state and state.count("alert-") > 1
    checked = reverse("signatures:verification:code", args=[request.version.verify_code])
    proven = _("Proven to exist at")
    assert proven not in client.get(checked).content.decode()
    with authority():
        _sweep()
    assert follows not in client.get(panel).content.decode()
    assert client.get(checked).content.decode().count(proven) == 2, "the signature and the timestamp"


def test_years_later_the_document_timestamp_still_proves_the_signature(authority: Authority) -> None:
    """F-26, by the later road; without it the same signature can't be confirmed."""
    request = _sign(make_ready(make_signer()))
    unstamped = newest_pdf(request.version)
    with authority():
        _sweep()
    years_later = support.NOW + dt.timedelta(days=365 * 4)
    roots = trusted_roots()
    assert verify_pdf(newest_pdf(request.version), roots=roots, at=years_later).verdict == Verdict.VALID
    assert verify_pdf(unstamped, roots=roots, at=years_later).verdict == Verdict.UNKNOWN


def test_revoked_after_a_timestamp_before_it_and_unproven(authority: Authority) -> None:
    """F-26 for the hospital's own revocations: what was proven before stays valid, the rest isn't taken for it."""
    an = make_signer()
    proven = _sign(make_ready(an))
    with authority():
        _sweep()
    unproven = _sign(make_ready(an))
    certificate = certificate_of(an)
    assert certificate is not None
    set_status(certificate=certificate, status="revoked", reason="Nghỉ việc", by=None)
    assert _report(proven).verdict == Verdict.VALID
    report = _report(unproven)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.UNKNOWN, ["revoked_since"])
    caged, _kept = verify_upload(newest_pdf(unproven.version))
    assert caged.signatures[0].problems == ["revoked_since"]
    with authority():
        _sweep()
    assert _report(unproven).verdict == Verdict.UNKNOWN, "timestamped, but only after the revocation"
    long_ago = {certificate.fingerprint: support.NOW - dt.timedelta(days=2)}
    forged = verify_pdf(newest_pdf(proven.version), roots=trusted_roots(), revoked=long_ago)
    assert forged.signatures[0].problems == ["revoked"]
    assert forged.verdict == Verdict.INVALID


def test_a_document_timestamp_of_a_stranger_proves_nothing(authority: Authority) -> None:
    request = _sign(make_ready(make_signer()))
    with authority():
        _sweep()
    ours = [root for root in trusted_roots() if b"TSA" not in root]
    report = verify_pdf(newest_pdf(request.version), roots=ours)
    assert report.signatures[0].level == "B-B"
    assert report.verdict == Verdict.UNKNOWN


def test_two_signatures_are_raised_by_one_timestamp(authority: Authority) -> None:
    an = make_signer()
    first = make_ready(an)
    em = _head(first)
    services.request_countersignature(version=first.version, signer=em, by=an)
    _sign(first)
    second = SigningRequest.objects.get(signer=em)
    assert services.ask_for_timestamps(1) == 0, "Em is looking at it"
    _sign(second)
    with authority():
        _sweep()
    assert set(SigningRequest.objects.values_list("level", "owes_timestamp")) == {("B-T", False)}
    report = _report(first)
    assert [one.kind for one in report.signatures] == ["signature", "signature", "timestamp"]
    assert report.verdict == Verdict.VALID


def test_a_signature_after_the_timestamp_leaves_it_valid(authority: Authority) -> None:
    """The timestamp came while nobody was looking; who comes later signs over it."""
    an = make_signer()
    first = _sign(make_ready(an))
    with authority():
        _sweep()
    em = _head(first)
    second = services.request_countersignature(version=first.version, signer=em, by=an)
    deliver_all()
    second.refresh_from_db()
    _sign(second)
    report = _report(first)
    assert [one.kind for one in report.signatures] == ["signature", "timestamp", "signature"]
    assert report.verdict == Verdict.VALID
    assert [one.level for one in report.signatures] == ["B-T", "T", "B-B"]


def test_somebody_signs_while_the_timestamp_is_fetched(authority: Authority) -> None:
    """The signature was made over the present PDF: the timestamp gives way and comes later."""
    an = make_signer()
    first = _sign(make_ready(an))
    with authority():
        stamped = services.stamp_version(version_id=first.version_id)
    assert stamped is not None
    em = _head(first)
    second = services.request_countersignature(version=first.version, signer=em, by=an)
    deliver_all()
    second.refresh_from_db()
    with transaction.atomic():
        services.sign_requests(shown={second.uuid: second.sha256}, pin=Pin(PIN), by=em)
    assert services.keep_stamp(stamped) is None
    deliver_all()
    assert services.keep_stamp(stamped) is None, "there is a newer PDF"
    with authority():
        _sweep()
    assert _report(first).verdict == Verdict.VALID
    assert not SigningRequest.objects.filter(owes_timestamp=True).exists()


def test_once_the_authority_is_back_one_success_asks_for_the_others(authority: Authority) -> None:
    an = make_signer()
    for _document in range(3):
        _sign(make_ready(an))
    with authority():
        _sweep()
    assert not SigningRequest.objects.filter(owes_timestamp=True).exists()


def test_a_file_with_a_document_timestamp_is_still_pdf_a(authority: Authority, tmp_path: Path) -> None:
    request = _sign(make_ready(make_signer()))
    with authority():
        _sweep()
    file = tmp_path / "stamped.pdf"
    file.write_bytes(newest_pdf(request.version))
    assert broken_clauses(file, flavour="3u") == ""


def test_what_waits_too_long_is_told(authority: Authority, settings: Settings) -> None:
    make_signer()
    settings.EMR_DEMO = True
    request = _sign(make_ready(User.objects.get()))
    assert _health() == ""
    SigningRequest.objects.filter(pk=request.pk).update(completed_at=support.NOW - dt.timedelta(hours=25))
    with translation.override("en"):
        assert "timestamp" in _health()


def _owing(an: User) -> tuple[SigningRequest, int]:
    request = _sign(make_ready(an))
    services.ask_for_timestamps(1)
    event = OutboxEvent.objects.filter(topic="document_version.timestamp_owed", done_at=None).latest("pk")
    return request, event.pk


def _kill_at(lines: Any, authority: Authority) -> int:
    an, deaths = make_signer(), 0
    for line in lines:
        request, event_id = _owing(an)
        with authority():
            died = run_until(line, event_id)
            deaths += died
            if died:
                bury(event_id)
            deliver_all()
            _sweep()
        request.refresh_from_db()
        assert (request.level, request.owes_timestamp) == ("B-T", False)
        kinds = [one.kind for one in _report(request).signatures]
        assert kinds == ["signature", "timestamp"], f"killed at line {line}"
        assert DocumentBytes.objects.filter(version=request.version).count() == 3
        assert AuditEvent.objects.filter(action="signature.timestamp", entity_id=request.pk).count() == 1
        if not died:
            break
    return deaths


@pytest.mark.django_db(transaction=True)
def test_killed_while_timestamping_and_run_again_leaves_exactly_one(authority: Authority) -> None:
    assert _kill_at([1, 20, 50, 80, 95, 105, 115], authority) > 4, "the trace saw the work"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_killed_at_every_line_of_timestamping_leaves_exactly_one(authority: Authority) -> None:
    assert _kill_at(itertools.count(1), authority) > 60, "the trace saw the work"
