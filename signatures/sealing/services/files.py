"""The facility's seal on a PDF that a rule makes: which key, the container, a visible block where the file keeps a place."""

import hashlib
import logging

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox.registry import Later
from encounters.bundles.models import Bundle
from encounters.bundles.seals import SealedFile
from signatures.certificates.checks import check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import seal_of
from signatures.providers.base import ProviderDown
from signatures.providers.services import unlocked_seal
from signatures.signing import cms, timestamp
from signatures.signing.services import Purpose

logger = logging.getLogger(__name__)
# The seal's keeper is away; the facility has no seal (yet).
_AWAY, _NONE = 60.0, 600.0


def usable_seal(facility: Organization) -> Certificate:
    """The facility's seal. Raises Later, and so waits without ever giving up, while there is none that may be used."""
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
    """(the CMS container, its level): with a timestamp where an authority is named and answers. Raises Later."""
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


def demand_seal(facility: Organization) -> None:
    """Raises Later while the facility's seal can't be used."""
    demand_armed()
    usable_seal(facility)


def seal_file(facility: Organization, pdf: bytes, anchor: str, reason: str) -> SealedFile:
    """The PDF with the facility's seal at the named place; slow, changes nothing. Raises Later, UnfitPdf."""
    demand_armed()
    return SealedFile(*sealed_pdf(pdf, usable_seal(facility), anchor=anchor, reason=reason))


def sealed_pdf(pdf: bytes, certificate: Certificate, *, anchor: str, reason: str) -> tuple[bytes, str]:
    """(the PDF with a visible seal at the named place, its level B-B or B-T); changes nothing. Raises Later, UnfitPdf."""
    from signatures.signing import pades  # noqa: PLC0415 -- loads pyHanko, which only the worker needs
    from signatures.signing.appearance import Block  # noqa: PLC0415

    prepared = pades.prepare(
        pdf,
        field_name="Seal",
        block=Block(signer=certificate.facility.name, title="", signed_at=now(), reason=reason),
        anchor=anchor,
        reserved=cms.reserve(
            certificate=certificate.der,
            chain=certificate.chain_der,
            with_timestamp=timestamp.is_configured(),
        ),
    )
    container, level = container_of(certificate, cms.signed_attributes(prepared.digest, certificate.der))
    sealed = pades.embed(
        pdf + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=container,
    )
    return sealed, level


def note_seal(bundle: Bundle, by: User, sealed: SealedFile) -> None:
    """Write down that the seal was used, in the transaction that keeps the file."""
    record(
        "seal.use",
        by=by,
        of=bundle,
        patient=bundle.patient,
        detail={
            "purpose": Purpose.BUNDLE.value,
            "sha256": hashlib.sha256(sealed.pdf).hexdigest(),
            "level": sealed.level,
        },
    )
