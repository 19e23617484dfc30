"""The authorities that this instance trusts, as an administrator keeps them: shown with their dates, added by fingerprint.

Viet Nam has one national root (RootCA of the Ministry; NĐ 23/2025) under which public authorities are licensed, and
authorities of the State's own beside it. Whoever trusts a root trusts what it licenses, as long as it isn't revoked.
"""

import datetime as dt
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from django.conf import settings
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.checks import display_name
from signatures.certificates.trust import is_authority_at_some_time, trust_roots, was_issued_by

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """An authority: its certificate and what is to be known of it."""

    certificate: x509.Certificate

    @property
    def name(self) -> str:
        """As it calls itself."""
        return display_name(self.certificate.subject)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal: what the authority prints on its page."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def ends_at(self) -> dt.datetime:
        """The last instant of its certificate."""
        return self.certificate.not_valid_after_utc

    @property
    def has_ended(self) -> bool:
        """Whether that is over: nothing new is signed under it; what a timestamp proves to be older stays valid."""
        return self.ends_at < now()

    @property
    def is_root(self) -> bool:
        """Whether it vouches for itself."""
        return was_issued_by(self.certificate, self.certificate)

    def state(self, at: dt.datetime) -> str:
        """ "valid", "ended" (what it issued and was timestamped in time stays valid) or "not yet"."""
        if at < self.certificate.not_valid_before_utc:
            return "not yet"
        return "valid" if at <= self.certificate.not_valid_after_utc else "ended"


def listed() -> list[Listed]:
    """Whom the instance trusts; nobody, when the folder isn't there or a file in it can't be read."""
    try:
        return [Listed(one) for one in trust_roots()]
    except (OSError, ValueError):
        logger.warning("EMR_TRUST_ROOTS can't be read")
        return []


def read_file(content: bytes) -> list[Listed]:
    """The certificates of a file as authorities publish them: PEM, DER (.cer, .crt), PKCS #7 (.p7b). Raises DomainError."""
    readers = (
        x509.load_pem_x509_certificates,
        lambda data: [x509.load_der_x509_certificate(data)],
        pkcs7.load_pem_pkcs7_certificates,
        pkcs7.load_der_pkcs7_certificates,
    )
    for reader in readers:
        try:
            found = reader(content)
        except ValueError:
            continue
        if found:
            return [Listed(one) for one in found]
    raise DomainError(_("The file holds no certificate."), code="no_certificate")


def add(found: list[Listed], *, confirmed: set[str]) -> list[Listed]:
    """Trust these authorities from now on; returns those that were new.

    A root is taken only when its fingerprint was compared and typed (`confirmed`, hexadecimal); a licensed authority
    when a root that is trusted, or comes along, issued it. Each must be an authority's certificate. All or none.
    """
    folder = _folder()
    present = {one.fingerprint for one in listed()}
    new = [one for one in found if one.fingerprint not in present]
    roots = [one.certificate for one in (*listed(), *new) if one.is_root]
    for one in new:
        if not is_authority_at_some_time(one.certificate):
            raise DomainError(
                _("%(name)s isn't a certificate authority.") % {"name": one.name}, code="no_authority"
            )
        if one.is_root and one.fingerprint not in confirmed:
            raise DomainError(
                _(
                    "Compare the fingerprint of %(name)s with what the authority publishes, then name it: %(fingerprint)s"
                )
                % {"name": one.name, "fingerprint": one.fingerprint},
                code="not_confirmed",
            )
        if not one.is_root and not any(was_issued_by(one.certificate, root) for root in roots):
            raise DomainError(
                _("No trusted root issued %(name)s.") % {"name": one.name}, code="certificate_untrusted"
            )
    for one in new:
        _write(folder / f"{one.fingerprint[:16]}.pem", one.certificate)
    return new


def _folder() -> Path:
    folder = Path(settings.EMR_TRUST_ROOTS) if settings.EMR_TRUST_ROOTS else None
    if folder is None or not folder.is_dir():
        raise DomainError(_("EMR_TRUST_ROOTS names no folder."), code="no_folder")
    return folder


def _write(path: Path, certificate: x509.Certificate) -> None:
    """Whole or not at all: a reader never finds half a certificate."""
    handle, draft = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        os.fsync(file.fileno())
    Path(draft).chmod(0o644)
    Path(draft).rename(path)
