"""The first half: the bytes that will be shown and signed."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from emr.common.clock import now
from emr.common.errors import DomainError
from emr.storage.services import read_bytes
from encounters.documents.signers import place_of
from signatures.certificates.checks import check_person, check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import last_certificate_of, seal_of
from signatures.signing import cms, timestamp
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import BLOCKS, latest_bytes, latest_revision
from signatures.signing.services.requests import is_fresh

if TYPE_CHECKING:
    from signatures.signing.pades import Prepared

# The visible block shows the instant of preparing: it must be near the instant of signing.
SHELF_LIFE = dt.timedelta(minutes=15)
_NO_CERTIFICATE = gettext_noop("You have no signing certificate.")
_NO_SEAL = gettext_noop("The facility has no seal.")
_UNFIT = gettext_noop("The document's PDF can't take a signature. Tell the administrator.")


@dataclass(frozen=True)
class Preparation:
    """What a worker made ready for a request, or why it couldn't."""

    request_id: int
    signer_id: int
    problem: str = ""
    base_revision: int | None = None
    certificate_id: int | None = None
    prepared: "Prepared | None" = None
    prepared_at: dt.datetime | None = None


def prepare_request(*, request_id: int) -> Preparation | None:
    """Prepare a request's bytes; slow, changes nothing. None when there is nothing to prepare (yet, or any more).

    Bytes that may still be signed are left alone: somebody may be looking at them.
    """
    request = (
        SigningRequest.objects.select_related("signer", "version__document", "facility")
        .defer("tail")
        .get(pk=request_id)
    )
    if not request.is_open or not _is_next(request):
        return None
    base = latest_bytes(request.version)
    if base is None:
        return None
    certificate = seal_of(request.facility) if request.is_seal else last_certificate_of(request.signer)
    if (
        certificate is not None
        and request.certificate_id == certificate.pk
        and is_fresh(request, revision=base.revision)
    ):
        return None
    try:
        if certificate is None:
            raise DomainError(_NO_SEAL if request.is_seal else _NO_CERTIFICATE)
        check_usable(certificate, at=now())
        if not request.is_seal:
            check_person(certificate.parsed, request.signer)
    except DomainError as refusal:
        return Preparation(request_id=request_id, signer_id=request.signer_id, problem=str(refusal))
    # pyHanko and fontTools cost every process half a second at start; only the worker that prepares needs them.
    from signatures.signing.appearance import Block  # noqa: PLC0415
    from signatures.signing.pades import UnfitPdf, prepare  # noqa: PLC0415

    moment, (anchor, *before) = now(), _places(request)
    try:
        prepared = prepare(
            read_bytes(base.attachment),
            field_name=f"Signature{request.step}",
            block=Block(
                signer=request.facility.name if request.is_seal else request.signer.titled_name,
                title=request.capacity,
                signed_at=moment,
                reason=request.reason,
            ),
            anchor=anchor,
            before=before,
            reserved=_reserve(certificate),
            hash_name=_hash_for(certificate),
        )
    except UnfitPdf:
        return Preparation(request_id=request_id, signer_id=request.signer_id, problem=_UNFIT)
    return Preparation(
        request_id=request_id,
        signer_id=request.signer_id,
        base_revision=base.revision,
        certificate_id=certificate.pk,
        prepared=prepared,
        prepared_at=moment,
    )


def _places(request: SigningRequest) -> list[str]:
    """The name of the place that the form keeps for this signer, and those of the signatures that stand there already."""
    document, composition = request.version.document, request.version.composition
    steps = SigningRequest.objects.filter(version_id=request.version_id).filter(
        Q(pk=request.pk) | Q(status=SigningRequest.Status.COMPLETED)
    )
    steps = steps.select_related("signer", "on_behalf_of").defer("tail")
    taken: list[str] = []
    for step in sorted(steps, key=lambda one: (one.pk == request.pk, one.base_revision or 0)):
        principal = step.on_behalf_of or step.signer
        roles = [
            held.role
            for held in principal.current_roles
            if held.role == "director" or held.department_id == document.department_id
        ]
        is_author = principal.pk == request.version.author_id and not step.is_seal
        number = 1 if is_author and "signature-1" not in taken else max(step.step, 2)
        roles = [] if step.is_seal else roles
        taken.append(place_of(composition, step=number, roles=roles, taken=taken))
    return [taken[-1], *taken[:-1]]


def _reserve(certificate: Certificate) -> int:
    return cms.reserve(
        certificate=certificate.der, chain=certificate.chain_der, with_timestamp=timestamp.is_configured()
    )


def _hash_for(certificate: Certificate) -> str:
    """SHA-384 where the key's strength asks for it and its keeper can: remote authorities are asked for SHA-256."""
    credential = getattr(certificate, "credential", None)
    if credential is not None and credential.provider == "csc":
        return "sha256"
    return cms.hash_for(certificate.der)


def _is_next(request: SigningRequest) -> bool:
    """Whether every turn before is done: each signature covers those before it."""
    before = SigningRequest.objects.filter(BLOCKS, version_id=request.version_id, turn__lt=request.turn)
    return not before.exists()


@transaction.atomic
def keep_preparation(preparation: Preparation) -> bool:
    """Store what was prepared, unless the request was signed or the PDF grew meanwhile. Answers whether it was."""
    request = SigningRequest.objects.select_for_update().defer("tail").get(pk=preparation.request_id)
    if not request.is_open or request.signer_id != preparation.signer_id:
        return False
    if preparation.prepared is None or preparation.prepared_at is None:
        request.status, request.problem = SigningRequest.Status.FAILED, preparation.problem[:300]
        request.save(update_fields=["status", "problem"])
        return True
    if latest_revision(request.version_id) != preparation.base_revision:
        return False  # the event of that revision asks again
    ready = preparation.prepared
    request.status, request.problem = SigningRequest.Status.READY, ""
    request.base_revision, request.certificate_id = preparation.base_revision, preparation.certificate_id
    request.tail, request.sha256, request.digest = ready.tail, ready.sha256.hex(), ready.digest.hex()
    request.hole_start, request.hole_end = ready.hole_start, ready.hole_end
    request.prepared_at, request.expires_at = preparation.prepared_at, preparation.prepared_at + SHELF_LIFE
    request.save(
        update_fields=[
            *("status", "problem", "base_revision", "certificate", "tail", "sha256", "digest"),
            *("hole_start", "hole_end", "prepared_at", "expires_at"),
        ]
    )
    return True
