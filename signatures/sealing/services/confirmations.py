"""The facility's seal on what a patient confirmed: at once, as one more revision that lists the evidence where all see it.

The bytes that were shown are the beginning of the sealed file, to the byte: the seal is an incremental update with a PAdES
signature (ETSI EN 319 142-1), as a person's is. It comes before or after the signatures of staff and breaks none of them.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import override

from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.outbox import publish
from emr.outbox.registry import Later
from emr.storage.services import read_bytes, store_bytes
from encounters.consents.models import Confirmation
from encounters.consents.selectors.evidence import printed_lines
from encounters.documents.confirmed import PLACE
from encounters.documents.models import DocumentBytes
from signatures.sealing.models import ConfirmationSeal
from signatures.sealing.services.files import container_of, usable_seal
from signatures.signing import cms, timestamp
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import latest_bytes, latest_revision
from signatures.signing.services import Purpose

_BUSY = 2.0  # seconds: a signature is being put into the PDF


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
