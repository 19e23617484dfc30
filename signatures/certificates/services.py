"""Certificates come, are suspended and revoked; they are never removed, old signatures need them."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.checks import check_period, check_person, check_purpose, display_name
from signatures.certificates.models import Certificate
from signatures.certificates.trust import demo_authority_folder, trust_roots, trusted_chain


@transaction.atomic
def register_certificate(
    *,
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    owner: User | None,
    facility: Organization,
    by: User | None,
) -> Certificate:
    """Take a certificate in, for a person or (without owner) as the facility's seal.

    Refuses one that is out of its period, not meant for signing, of another person, or of an issuer not trusted.
    """
    check_period(certificate, at=now())
    check_purpose(certificate)
    if owner is not None:
        check_person(certificate, owner)
    chain = trusted_chain(certificate, issuers, roots=trust_roots(), at=now())
    if chain is None:
        raise DomainError(
            _("The certificate was issued by %(issuer)s, which this hospital doesn't trust.")
            % {"issuer": display_name(certificate.issuer)},
            code="certificate_untrusted",
        )
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    if Certificate.objects.filter(fingerprint=fingerprint).exists():
        raise DomainError(_("This certificate is registered already."), code="certificate_known")
    row = Certificate.objects.create(
        facility=facility,
        purpose=Certificate.Purpose.SEAL if owner is None else Certificate.Purpose.PERSON,
        owner=owner,
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        chain_pem="".join(issuer.public_bytes(Encoding.PEM).decode() for issuer in chain),
        fingerprint=fingerprint,
        serial_number=f"{certificate.serial_number:x}",
        subject=certificate.subject.rfc4514_string()[:400],
        issuer=certificate.issuer.rfc4514_string()[:400],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
    record("certificate.register", by=by, of=row, detail={"fingerprint": fingerprint})
    return row


@transaction.atomic
def set_status(*, certificate: Certificate, status: str, reason: str, by: User | None) -> Certificate:
    """Suspend, take up again, or revoke for good; what was signed before stays as it was."""
    row = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if row.status == Certificate.Status.REVOKED:
        raise DomainError(_("A revoked certificate stays revoked."), code="certificate_revoked")
    row.status, row.status_reason = Certificate.Status(status), reason[:200]
    row.revoked_at = now() if row.status == Certificate.Status.REVOKED else None
    row.save(update_fields=["status", "status_reason", "revoked_at"])
    detail = {"fingerprint": row.fingerprint, "reason": row.status_reason}
    record(f"certificate.{row.status}", by=by, of=row, detail=detail)
    return row


def demo_authority() -> authority.Authority:
    """The demo hospital's own authority, made the first time."""
    return authority.load_or_create(demo_authority_folder(), today=now())
