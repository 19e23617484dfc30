"""Whom this instance trusts, and whether a certificate leads there.

Roots are files, so an administrator adds one by copying it.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings

_LONGEST_CHAIN = 6


def demo_authority_folder() -> Path:
    """Where the demo hospital's own authority is kept."""
    return Path(settings.EMR_HOME) / "keys" / "authority"


def trust_roots() -> list[x509.Certificate]:
    """The roots in the folder `EMR_TRUST_ROOTS` (*.pem, *.crt), and the demo authority's where the instance is a demo."""
    files: list[Path] = []
    if folder := getattr(settings, "EMR_TRUST_ROOTS", ""):
        files += sorted(path for path in Path(folder).iterdir() if path.suffix in {".pem", ".crt"})
    if settings.EMR_DEMO and (demo := demo_authority_folder() / "root.pem").exists():
        files.append(demo)
    return [root for path in files for root in _read(path, path.stat().st_mtime_ns)]


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))


def trusted_chain(
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    *,
    roots: Sequence[x509.Certificate],
    at: dt.datetime,
) -> list[x509.Certificate] | None:
    """The issuers from the certificate up to a root (left out), each valid at the instant; None when there is no way up."""
    chain: list[x509.Certificate] = []
    current = certificate
    for _ in range(_LONGEST_CHAIN):
        if any(was_issued_by(current, root) and _is_authority(root, at) for root in roots):
            return chain
        issuer = next(
            (
                one
                for one in issuers
                if one not in chain and was_issued_by(current, one) and _is_authority(one, at)
            ),
            None,
        )
        if issuer is None:
            return None
        chain.append(issuer)
        current = issuer
    return None


def was_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key signed the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_authority_at_some_time(certificate: x509.Certificate) -> bool:
    """Whether the certificate may issue others (RFC 5280 §4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_authority(certificate: x509.Certificate, at: dt.datetime) -> bool:
    """Whether the certificate may issue others, and did not run out."""
    is_current = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    return is_current and is_authority_at_some_time(certificate)
