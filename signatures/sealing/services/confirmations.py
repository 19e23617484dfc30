"""The facility's seal on what a patient confirmed: at once, as one more revision that lists the evidence where all see it.

The bytes that were shown are the beginning of the sealed file, to the byte: the seal is an incremental update with a PAdES
signature (ETSI EN 319 142-1), as a person's is. It comes before or after the signatures of staff and breaks none of them.
"""

import hashlib
import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import override

from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.outbox.registry import Later
from emr.storage.services import read_bytes, store_bytes
from encounters.consents.models import Confirmation
from encounters.consents.selectors.evidence import printed_lines
from encounters.documents.confirmed import PLACE
from encounters.documents.models import DocumentBytes
from signatures.certificates.checks import check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import seal_of
from signatures.providers.base import ProviderDown
from signatures.providers.services import unlocked_seal
from signatures.sealing.models import ConfirmationSeal
from signatures.signing import cms, timestamp
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import latest_bytes, latest_revision
from signatures.signing.services import Purpose

logger = logging.getLogger(__name__)
# A signature is being put into the PDF; the seal's keeper is away; the facility has no seal (yet).
_BUSY, _AWAY, _NONE = 2.0, 60.0, 600.0


@dataclass(frozen=True)
class Sealed:
    """A sealed PDF that isn't stored yet."""

    confirmation_id: int
    base_revision: int
    certificate_id: int
    pdf: bytes
    level: str


def seal_confirmation(*, confirmation_id: int) -> Sealed | None:
    """Seal the newest PDF of the version that was confirmed; slow, changes nothing. None when it is sealed already.

    Raises Later, and so waits without ever giving up, while somebody's signature is being embedded, the seal can't be
    reached or there is none; UnfitPdf, DamagedFile.
    """
    demand_armed()
    confirmation = (
        Confirmation.objects.select_related("facility", "staff", "challenge", "paper", "version")
        .filter(pk=confirmation_id, seal=None)
        .first()
    )
    if confirmation is None:
        return None
    _demand_calm(confirmation.version_id)
    certificate = usable_seal(confirmation.facility)
    base = latest_bytes(confirmation.version)
    if base is None:
        raise Later("not rendered", seconds=_BUSY)
    from signatures.sealing.evidence import EvidenceBlock  # noqa: PLC0415 -- loads pyHanko, which only the worker needs
    from signatures.signing import pades  # noqa: PLC0415

    drawn = tuple(one for one in (confirmation.strokes, confirmation.witness_strokes) if one)
    moment = now()
    with override("vi"):
        stated = f"Đóng dấu: {confirmation.facility.name}"
    pdf = read_bytes(base.attachment)
    prepared = pades.prepare(
        pdf,
        field_name=f"Confirmation{base.revision + 1}",
        block=EvidenceBlock(
            signer=confirmation.facility.name,
            title="",
            signed_at=moment,
            reason="Xác nhận của người bệnh",
            words=(*printed_lines(confirmation), stated),
            drawn=drawn,
        ),
        anchor=PLACE,
        reserved=cms.reserve(
            certificate=certificate.der,
            chain=certificate.chain_der,
            with_timestamp=timestamp.is_configured(),
        ),
    )
    attributes = cms.signed_attributes(prepared.digest, certificate.der)
    container, level = container_of(certificate, attributes)
    sealed = pades.embed(
        pdf + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=container,
    )
    return Sealed(confirmation_id, base.revision, certificate.pk, sealed, level)


def _demand_calm(version_id: int) -> None:
    """Raise Later while a signature of this version is made and not embedded: it was made over the newest PDF."""
    if SigningRequest.objects.filter(version_id=version_id, status=SigningRequest.Status.SIGNED).exists():
        raise Later("a signature is being embedded", seconds=_BUSY)


def usable_seal(facility: Organization) -> Certificate:
    """The facility's seal; raises Later, without ever giving up, where there is none that can be used now."""
    certificate = seal_of(facility)
    if certificate is None:
        raise Later("no seal", seconds=_NONE)
    try:
        check_usable(certificate, at=now())
    except DomainError as refusal:
        logger.error("The facility's seal can't be used: %s", refusal.code)
        raise Later("unusable seal", seconds=_NONE) from None
    return certificate


def container_of(certificate: Certificate, attributes: bytes) -> tuple[bytes, str]:
    """(the CMS container, its level): with a timestamp where an authority is named and answers."""
    digests = [cms.digest_of(attributes)]
    try:
        with unlocked_seal(certificate, digests=digests) as key:
            (value,) = key.sign_digests(digests)
    except ProviderDown:
        raise Later("the seal can't be reached", seconds=_AWAY) from None
    token = None
    if timestamp.is_configured():
        try:
            token = timestamp.fetch_token(hashlib.sha256(value).digest())
        except timestamp.NoTimestamp:
            token = None
    container = cms.signed_data(
        attributes=attributes,
        signature=value,
        certificate=certificate.der,
        chain=certificate.chain_der,
        timestamp_token=token,
    )
    return container, "B-B" if token is None else "B-T"


@transaction.atomic
def keep_sealed(sealed: Sealed) -> ConfirmationSeal | None:
    """Store the sealed PDF as the next revision. None when another worker was faster; Later when the PDF grew meanwhile.

    Locks the version's signing requests: a signature made over the present PDF must still find it the newest.
    """
    confirmation = Confirmation.objects.select_related("facility", "patient", "staff", "version").get(
        pk=sealed.confirmation_id
    )
    requests = SigningRequest.objects.select_for_update().filter(version_id=confirmation.version_id)
    list(requests.order_by("pk").values_list("pk"))
    if ConfirmationSeal.objects.filter(confirmation=confirmation).exists():
        return None
    _demand_calm(confirmation.version_id)
    if latest_revision(confirmation.version_id) != sealed.base_revision:
        raise Later("the PDF grew", seconds=_BUSY)
    attachment = store_bytes(sealed.pdf, content_type="application/pdf", facility=confirmation.facility)
    revision = DocumentBytes.objects.create(
        version_id=confirmation.version_id,
        revision=sealed.base_revision + 1,
        attachment=attachment,
        sha256=attachment.sha256,
        by_seal=True,
    )
    seal = ConfirmationSeal.objects.create(
        facility=confirmation.facility,
        confirmation=confirmation,
        stored=revision,
        certificate_id=sealed.certificate_id,
        level=sealed.level,
        sealed_at=now(),
    )
    record(
        "seal.use",
        by=confirmation.staff,
        of=seal,
        patient=confirmation.patient,
        detail={"purpose": Purpose.CONFIRMATION.value, "sha256": attachment.sha256, "level": sealed.level},
    )
    publish(
        "document_version.sealed",
        order_key=f"document:{confirmation.version.document_id}",
        document_version_id=confirmation.version_id,
    )
    return seal
