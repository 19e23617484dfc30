"""May this certificate sign, now, for this person? Each reason has its own message (S-49, S-50; NĐ 23/2025 Art. 15)."""

import datetime as dt
import re
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.common.vietnamese import fold
from signatures.certificates.models import Certificate
from signatures.certificates.trust import trust_roots, trusted_chain

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

_MINIMUM_RSA_BITS = 2048
_CITIZEN_NUMBER = re.compile(r"(?<!\d)\d{12}(?!\d)")
# A certificate limited to these purposes isn't meant for documents.
_FOREIGN_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
    ExtendedKeyUsageOID.CODE_SIGNING,
}


def check_usable(certificate: Certificate, *, at: dt.datetime) -> None:
    """Raise DomainError unless the certificate is active, in its period, meant for signing, and trusted."""
    if certificate.status == Certificate.Status.SUSPENDED:
        raise DomainError(_("Your signing certificate is suspended."), code="certificate_suspended")
    if certificate.status == Certificate.Status.REVOKED:
        raise DomainError(_("Your signing certificate has been revoked."), code="certificate_revoked")
    parsed = certificate.parsed
    check_period(parsed, at=at)
    check_purpose(parsed)
    if trusted_chain(parsed, certificate.chain, roots=trust_roots(), at=at) is None:
        raise DomainError(
            _("The certificate was issued by %(issuer)s, which this hospital doesn't trust.")
            % {"issuer": display_name(parsed.issuer)},
            code="certificate_untrusted",
        )


def check_period(certificate: x509.Certificate, *, at: dt.datetime) -> None:
    """Raise DomainError before the certificate's first and after its last instant."""
    if at < certificate.not_valid_before_utc:
        raise DomainError(
            _("The certificate is valid only from %(day)s.")
            % {"day": _day(certificate.not_valid_before_utc)},
            code="certificate_not_yet_valid",
        )
    if at > certificate.not_valid_after_utc:
        raise DomainError(
            _("The certificate expired on %(day)s.") % {"day": _day(certificate.not_valid_after_utc)},
            code="certificate_expired",
        )


def check_purpose(certificate: x509.Certificate) -> None:
    """Raise DomainError unless the key is strong enough and its certificate allows signing documents."""
    key = certificate.public_key()
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MINIMUM_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey)
        and key.curve.name in {"secp256r1", "secp384r1", "secp521r1"}
    )
    if not strong:
        raise DomainError(_("The certificate's key is of a kind too weak for signing."), code="key_too_weak")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise DomainError(_("The certificate isn't meant for signing."), code="certificate_purpose")
    if is_authority(certificate):
        raise DomainError(
            _("This is an authority's certificate, not a person's."), code="certificate_of_authority"
        )
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if purposes is not None and set(purposes) <= _FOREIGN_PURPOSES:
        raise DomainError(_("The certificate isn't meant for signing documents."), code="certificate_purpose")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it is an authority's own."""
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def check_person(certificate: x509.Certificate, user: User) -> None:
    """Raise DomainError unless the subject is this person: by number where it names one, else by name (S-50).

    Vietnamese authorities write the citizen number into UID ("CCCD:0010…") or serialNumber; the demo authority
    writes the staff code there, and one for health professionals may write the number of the practising licence.
    """
    numbers = [
        str(part.value)
        for oid in (NameOID.USER_ID, NameOID.SERIAL_NUMBER)
        for part in _parts(certificate, oid)
    ]
    if user.staff_code in numbers or (user.licence_number and user.licence_number in numbers):
        return
    citizen_numbers = [found for number in numbers for found in _CITIZEN_NUMBER.findall(number)]
    if citizen_numbers and user.citizen_number:
        if user.citizen_number in citizen_numbers:
            return
    elif any(
        fold(str(part.value)) == fold(user.full_name) for part in _parts(certificate, NameOID.COMMON_NAME)
    ):
        return
    raise DomainError(
        _("The certificate belongs to %(subject)s, not to %(user)s.")
        % {"subject": display_name(certificate.subject), "user": user.full_name},
        code="certificate_of_another",
    )


def display_name(name: x509.Name) -> str:
    """The common name, or the whole name where there is none."""
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _parts(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[x509.NameAttribute[Any]]:
    return certificate.subject.get_attributes_for_oid(oid)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _day(instant: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(instant), "SHORT_DATE_FORMAT")
