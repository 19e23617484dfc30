"""From a rendered document to a signed one: exactly one signature a step, over exactly what was shown."""

import datetime as dt
import logging

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from freezegun import freeze_time
from pytest_django.fixtures import Settings

from emr.accounts.access import Denied
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.outbox.models import OutboxEvent
from encounters.documents.models import Document, DocumentBytes
from signatures.certificates.selectors import certificate_of
from signatures.certificates.services import set_status
from signatures.providers.base import Pin
from signatures.providers.services import PinRefused
from signatures.signing import services
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.selectors import waiting_for
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.emr.people import make_an, make_chi, make_user
from tests.signatures.records import (
    PIN,
    deliver_all,
    make_ready,
    make_signer,
    make_version,
    newest_pdf,
    prepare,
)

pytestmark = pytest.mark.django_db


def _sign(request: SigningRequest, *, pin: str = PIN, sha256: str | None = None) -> list[services.Outcome]:
    """Sign as a page does: whatever is refused, the request's transaction commits."""
    shown, refusal = {request.uuid: request.sha256 if sha256 is None else sha256}, None
    with transaction.atomic():
        try:
            return services.sign_requests(shown=shown, pin=Pin(pin), by=request.signer)
        except DomainError as error:
            refusal = error
    raise refusal


def test_the_whole_way_through_the_outbox() -> None:
    an = make_signer()
    version = make_version(an)
    publish("document_version.rendered", document_version_id=version.pk, revision=0)
    deliver_all()
    (request,) = waiting_for(an)
    assert (request.status, request.step, request.title) == ("ready", 1, "Tờ điều trị")
    assert _sign(request)[0].is_signed
    deliver_all()
    request.refresh_from_db()
    assert (request.status, request.level) == ("completed", "B-B")
    assert not waiting_for(an)
    stored = version.bytes.get(revision=1)
    assert verify_stored(stored).verdict == Verdict.VALID
    assert Document.objects.get().status == "signed"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"signing_request.open", "document.sign", "signature.embed"} <= actions


def test_what_was_shown_is_what_is_signed() -> None:
    """S-50: The signed file differs from the shown one inside the hole alone."""
    request = make_ready(make_signer())
    shown = services.shown_bytes(request)
    _sign(request)
    deliver_all()
    signed = newest_pdf(request.version)
    assert signed[: request.hole_start] == shown[: request.hole_start]
    assert signed[request.hole_end :] == shown[request.hole_end :]


def test_another_hash_than_the_frozen_one_is_refused() -> None:
    """S-50."""
    request = make_ready(make_signer())
    (outcome,) = _sign(request, sha256="ab" * 32)
    assert outcome.code == "swapped"
    assert not Signature.objects.exists()


def test_bytes_prepared_again_need_to_be_looked_at_again() -> None:
    """Between showing and signing the worker prepared anew: the old fingerprint no longer signs."""
    request = make_ready(make_signer())
    with freeze_time(now() + dt.timedelta(minutes=16)):
        old = request.sha256
        prepare(request)
        request.refresh_from_db()
        assert request.sha256 != old
        (outcome,) = _sign(request, sha256=old)
    assert outcome.code == "swapped"


def test_another_persons_request_is_refused_and_logged_as_a_denial() -> None:
    """S-50."""
    request = make_ready(make_signer())
    chi = make_signer(make_chi())
    with pytest.raises(Denied):
        services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=chi)
    assert not Signature.objects.exists()


def test_one_foreign_request_in_a_batch_signs_nothing() -> None:
    mine, chi = make_ready(make_signer()), make_signer(make_chi())
    hers = make_ready(chi)
    shown = {mine.uuid: mine.sha256, hers.uuid: hers.sha256}
    with pytest.raises(Denied):
        services.sign_requests(shown=shown, pin=Pin(PIN), by=mine.signer)
    assert not Signature.objects.exists()


def test_a_wrong_pin_signs_nothing() -> None:
    request = make_ready(make_signer())
    with pytest.raises(PinRefused):
        _sign(request, pin="000000")
    request.refresh_from_db()
    assert request.status == "ready"


def test_one_pin_signs_many_and_one_bad_document_holds_up_no_other() -> None:
    an = make_signer()
    requests = [make_ready(an) for _ in range(3)]
    shown = {request.uuid: request.sha256 for request in requests}
    shown[requests[1].uuid] = "00" * 32
    outcomes = services.sign_requests(shown=shown, pin=Pin(PIN), by=an)
    assert [outcome.is_signed for outcome in outcomes] == [True, False, True]
    deliver_all()
    assert SigningRequest.objects.filter(status="completed").count() == 2


def test_a_preparation_grows_old_and_is_made_again() -> None:
    request = make_ready(make_signer())
    with freeze_time(now() + dt.timedelta(minutes=16)):
        assert _sign(request)[0].code == "stale"
        assert not Signature.objects.exists()
        deliver_all()
        request.refresh_from_db()
        assert _sign(request)[0].is_signed


def test_signing_twice_is_signing_once() -> None:
    request = make_ready(make_signer())
    _sign(request)
    assert _sign(request)[0].code == "not_waiting"
    assert Signature.objects.count() == 1


def test_a_document_amended_meanwhile_is_not_signed_in_its_old_version() -> None:
    an = make_signer()
    request = make_ready(an)
    newer = make_version(an, document=request.version.document, text="Mạch 88")
    assert _sign(request)[0].code == "not_current"
    publish("document_version.rendered", document_version_id=newer.pk, revision=0)
    deliver_all()
    request.refresh_from_db()
    assert request.status == "withdrawn"
    assert [one.version for one in waiting_for(an)] == [newer]


def test_a_document_entered_in_error_is_not_signed() -> None:
    request = make_ready(make_signer())
    Document.objects.update(status="entered-in-error")
    assert _sign(request)[0].code == "not_current"
    publish("document.entered_in_error", document_id=request.version.document_id)
    deliver_all()
    request.refresh_from_db()
    assert request.status == "withdrawn"


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_a_certificate_taken_away_signs_nothing(status: str) -> None:
    an = make_signer()
    request = make_ready(an)
    certificate = certificate_of(an)
    assert certificate is not None
    set_status(certificate=certificate, status=status, reason="Mất máy", by=an)
    with pytest.raises(DomainError) as refusal:
        _sign(request)
    assert refusal.value.code == f"certificate_{status}", "the reason is said (F-26)"
    assert not Signature.objects.exists()


def test_a_name_that_is_no_longer_the_certificates_signs_nothing() -> None:
    an = make_signer()
    request = make_ready(an)
    an.full_name, an.staff_code = "Phan Văn Ất", "AT"
    an.save()
    with pytest.raises(DomainError, match="Phan Văn Ất"):
        _sign(request)


def test_without_a_certificate_the_reason_is_said_and_waiting_goes_on() -> None:
    an = make_an()
    request = services.open_author_request(version=make_version(an))
    prepare(request)
    request.refresh_from_db()
    assert (request.status, request.problem) == ("failed", "You have no signing certificate.")
    make_signer(an)
    prepare(request)
    request.refresh_from_db()
    assert request.status == "ready"


def test_two_people_sign_one_document_one_after_the_other() -> None:
    an = make_signer()
    request = make_ready(an)
    department = request.version.document.department
    head = make_signer(make_user("em", "Vũ Thị Em", "head_of_department", department, title="BSCKII."))
    second = services.request_countersignature(version=request.version, signer=head, by=an)
    deliver_all()
    second.refresh_from_db()
    assert second.status == "pending", "the head signs over the author's signature, not before it"
    assert not waiting_for(head)
    _sign(request)
    deliver_all()
    second.refresh_from_db()
    assert (second.status, second.base_revision) == ("ready", 1)
    _sign(second)
    deliver_all()
    report = verify_stored(request.version.bytes.get(revision=2))
    assert [one.signer for one in report.signatures] == ["Nguyễn Văn An", "Vũ Thị Em"]
    assert report.verdict == Verdict.VALID


def test_nobody_is_asked_twice_and_nobody_without_the_right() -> None:
    an = make_signer()
    request = make_ready(an)
    clerk = make_user("dung", "Phạm Thị Dung", "registration", request.version.document.department)
    for signer in (an, clerk):
        with pytest.raises(DomainError):
            services.request_countersignature(version=request.version, signer=signer, by=an)


def test_declining_needs_a_reason_and_ends_the_request() -> None:
    request = make_ready(make_signer())
    with pytest.raises(DomainError):
        services.decline(request=request, reason="  ", by=request.signer)
    services.decline(request=request, reason="Sai người bệnh", by=request.signer)
    request.refresh_from_db()
    assert (request.status, request.problem) == ("refused", "Sai người bệnh")
    assert _sign(request)[0].code == "not_waiting"


def test_the_signature_value_is_checked_before_it_becomes_part_of_the_record() -> None:
    request = make_ready(make_signer())
    request.status = "signed"
    request.save(update_fields=["status"])
    certificate = certificate_of(request.signer)
    Signature.objects.create(
        facility=request.facility,
        request=request,
        certificate=certificate,
        signed_attributes=b"\x31\x00",
        value=b"\x30\x06\x02\x01\x01\x02\x01\x01",
        signed_at=now(),
    )
    with pytest.raises(Exception, match="signature"):
        services.embed_signature(request_id=request.pk)
    assert DocumentBytes.objects.count() == 1


@pytest.mark.parametrize(
    "column", ["digest", "sha256", "hole_start", "base_revision", "tail", "signer_id", "status"]
)
def test_the_database_keeps_what_was_signed(column: str) -> None:
    request = make_ready(make_signer())
    _sign(request)
    values = {
        "hole_start": 1,
        "base_revision": 7,
        "tail": b"x",
        "signer_id": make_chi().pk,
        "status": "ready",
    }
    with pytest.raises(IntegrityError, match="stays as it was"), transaction.atomic():
        SigningRequest.objects.filter(pk=request.pk).update(**{column: values.get(column, "00" * 32)})


@pytest.mark.parametrize("sql", ["UPDATE signing_signature SET value = 'x'", "DELETE FROM signing_signature"])
def test_a_signature_is_never_changed_or_removed(sql: str) -> None:
    _sign(make_ready(make_signer()))
    with (
        pytest.raises(Exception, match=r"permission denied|Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_not_even_the_owner_changes_a_signature(owner_sql: psycopg.Connection) -> None:
    _sign(make_ready(make_signer()))
    for sql in ("UPDATE signing_signature SET value = 'x'", "DELETE FROM signing_signature"):
        with pytest.raises(psycopg.Error, match="Cannot"):
            owner_sql.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_the_pin_is_nowhere(
    owner_sql: psycopg.Connection, caplog: pytest.LogCaptureFixture, redis_url: str
) -> None:
    """After a right and a wrong PIN, batches and failures: no table, no log line and no queue holds it."""
    from redis import Redis  # noqa: PLC0415

    pin, wrong = "860413", "904271"
    caplog.set_level(logging.DEBUG)
    an = make_signer(pin=pin)
    requests = [make_ready(an), make_ready(an)]
    with pytest.raises(PinRefused) as refusal:
        _sign(requests[0], pin=wrong)
    for request in requests:
        _sign(request, pin=pin)
    deliver_all()
    tables = owner_sql.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        for (row,) in owner_sql.execute(f'SELECT t::text FROM "{table}" t').fetchall():  # noqa: S608
            for secret in (pin, wrong):
                assert secret not in row, table
                assert secret.encode().hex() not in row, table
    with Redis.from_url(redis_url.replace("redis+socket://", "unix://")) as broker:
        for key in broker.keys("*"):
            assert pin.encode() not in (broker.dump(key) or b"")
    for secret in (pin, wrong):
        assert secret not in caplog.text
        assert secret not in repr(refusal.value) + repr(refusal.value.__context__)
    assert OutboxEvent.objects.filter(topic="signature.created").count() == 2


def test_the_seal_signs_bytes_with_a_purpose_and_nothing_else(settings: Settings) -> None:
    from asn1crypto import cms  # noqa: PLC0415

    from signatures.providers.services import issue_demo_seal  # noqa: PLC0415

    an = make_an()
    with pytest.raises(DomainError) as refusal:
        services.sign_bytes(b"<xml/>", purpose=services.Purpose.CLAIM, facility=an.facility)
    assert refusal.value.code == "no_seal"
    issue_demo_seal(facility=an.facility)
    container = services.sign_bytes(b"<xml/>", purpose=services.Purpose.CLAIM, facility=an.facility, by=an)
    signer = cms.ContentInfo.load(container)["content"]["signer_infos"][0]
    assert signer["sid"].chosen["issuer"].native
    assert AuditEvent.objects.get(action="seal.use").detail["purpose"] == "claim"
    with pytest.raises(ValueError, match="prescription"):
        services.sign_bytes(b"x", purpose="prescription", facility=an.facility)  # type: ignore[arg-type]
