"""The second half: the signed PDF, stored once."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.db import transaction

from emr.audit.services import record
from emr.common.clock import now
from emr.outbox import publish
from emr.storage.services import read_bytes, store_bytes
from encounters.documents.models import DocumentBytes
from signatures.signing import cms, timestamp
from signatures.signing.models import Signature, SigningRequest


class BrokenSignature(Exception):
    """The stored value isn't the certificate's signature: whoever holds the key answered wrongly."""


@dataclass(frozen=True)
class SignedBytes:
    """A signed PDF that isn't stored yet."""

    request_id: int
    pdf: bytes
    level: str
    owes_timestamp: bool


def embed_signature(*, request_id: int) -> SignedBytes | None:
    """Put a request's signature into its PDF; slow, changes nothing. None when that is done already.

    Everything comes from rows that don't change any more, so killed and run again it makes the same signature (F-03).
    Raises BrokenSignature, UnfitPdf, DamagedFile.
    """
    from signatures.signing import pades  # noqa: PLC0415 -- loads pyHanko, which only this worker needs

    request = SigningRequest.objects.select_related("signature__certificate").get(pk=request_id)
    if request.status != SigningRequest.Status.SIGNED or request.tail is None:
        return None
    signature = request.signature
    _verify(signature)
    base = DocumentBytes.objects.select_related("attachment__key").get(
        version_id=request.version_id, revision=request.base_revision or 0
    )
    room = (request.hole_end - request.hole_start - 2) // 2
    token = _timestamp(signature)
    container = _container(signature, token)
    if token is not None and len(container) > room:
        # Prepared before the authority was named, or its tokens grew: sign without rather than not at all.
        token, container = None, _container(signature)
    pdf = pades.embed(
        read_bytes(base.attachment) + bytes(request.tail),
        hole_start=request.hole_start,
        hole_end=request.hole_end,
        digest=bytes.fromhex(request.digest),
        container=container,
    )
    return SignedBytes(
        request_id=request_id,
        pdf=pdf,
        level="B-B" if token is None else "B-T",
        owes_timestamp=token is None and timestamp.is_configured(),
    )


def _container(signature: Signature, token: bytes | None = None) -> bytes:
    return cms.signed_data(
        attributes=bytes(signature.signed_attributes),
        signature=bytes(signature.value),
        certificate=signature.certificate.der,
        chain=signature.certificate.chain_der,
        timestamp_token=token,
    )


def _verify(signature: Signature) -> None:
    """Check the value before it becomes part of the record."""
    key = signature.certificate.parsed.public_key()
    value, attributes = bytes(signature.value), bytes(signature.signed_attributes)
    try:
        algorithm = hashes.SHA384() if len(cms.message_digest(attributes)) == 48 else hashes.SHA256()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, attributes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, attributes, ec.ECDSA(algorithm))
        else:
            raise BrokenSignature("the certificate's key can't sign")
    except (InvalidSignature, ValueError):
        raise BrokenSignature(f"signature {signature.uuid}") from None


def _timestamp(signature: Signature) -> bytes | None:
    """A token where an authority is named and answers; without one the level is marked B-B, never claimed higher (F-25)."""
    if not timestamp.is_configured():
        return None
    try:
        token = timestamp.fetch_token(hashlib.sha256(bytes(signature.value)).digest())
    except timestamp.NoTimestamp:
        return None
    timestamp.keep_its_clock(token)
    return token


@transaction.atomic
def keep_signed_bytes(signed: SignedBytes) -> DocumentBytes | None:
    """Store the signed PDF as the next revision and tell who waits for it. None when another worker was faster."""
    request = (
        SigningRequest.objects.select_for_update(of=("self",))
        .select_related("version__document__patient", "signer", "facility")
        .defer("version__composition")
        .get(pk=signed.request_id)
    )
    if request.status != SigningRequest.Status.SIGNED or request.base_revision is None:
        return None
    attachment = store_bytes(signed.pdf, content_type="application/pdf", facility=request.facility)
    revision = DocumentBytes.objects.create(
        version_id=request.version_id,
        revision=request.base_revision + 1,
        attachment=attachment,
        sha256=attachment.sha256,
    )
    request.status, request.tail = SigningRequest.Status.COMPLETED, None
    request.completed_at, request.level = now(), signed.level
    request.owes_timestamp = signed.owes_timestamp
    request.save(update_fields=["status", "tail", "completed_at", "level", "owes_timestamp"])
    patient = request.version.document.patient
    record("signature.embed", by=request.signer, of=request, patient=patient, detail={"level": signed.level})
    publish(
        "document_version.signed",
        order_key=f"document:{request.version.document_id}",
        document_version_id=request.version_id,
        revision=revision.revision,
        step=request.step,
    )
    return revision
