"""Whose certificate a neighbour shows over HTTPS: known by its SHA-256, as the proxy that ends TLS passes it on.

The handshake proves that the neighbour has the key; which certificate it is, and whether it holds today, is checked here.
So no authority needs to be trusted, and one that issues to others as well lets nobody else in.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings

from emr.common.clock import now

# nginx: $ssl_client_escaped_cert.
HEADER = "HTTP_X_CLIENT_CERTIFICATE"
MOST = 4
_LONGEST = 16_000
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def are_passed_on() -> bool:
    """Whether the proxy in front passes certificates on, as the operator says; else nobody's word about one is taken."""
    return bool(settings.EMR_PROXY_COUNT) and settings.EMR_PROXY_CERTIFICATES == "yes"


def shown(meta: Mapping[str, Any]) -> str:
    """The SHA-256 (hexadecimal) of the certificate that the request's peer showed; "" for none, or one that doesn't hold."""
    said = str(meta.get(HEADER, ""))
    if not are_passed_on() or not said or len(said) > _LONGEST:
        return ""
    try:
        certificate = x509.load_pem_x509_certificate(unquote(said).encode("ascii"))
    except ValueError:
        return ""
    if not certificate.not_valid_before_utc <= now() <= certificate.not_valid_after_utc:
        return ""
    return certificate.fingerprint(hashes.SHA256()).hex()


def fingerprints_in(text: str) -> list[str]:
    """The fingerprints in what a person pasted: PEM certificates, or SHA-256 with or without colons. Raises ValueError."""
    found = [
        x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
        for pem in _PEM.findall(text)
    ]
    for line in re.split(r"[\s,;]+", _PEM.sub(" ", text)):
        digits = line.replace(":", "").lower()
        if digits and not _SHA256.fullmatch(digits):
            raise ValueError(line)
        found += [digits] if digits else []
    return list(dict.fromkeys(found))
