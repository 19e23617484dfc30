"""How long a timestamp can be relied on: until the first certificate above it ends, or its kind of key is given up."""

import datetime as dt
from collections.abc import Iterable

from asn1crypto import x509
from pyhanko_certvalidator.path import ValidationPath

# NIST SP 800-57 Part 1 Rev. 5, Table 4: 112 bits of strength (RSA below 3072 bits, P-224) no longer protect from 2031 on.
GIVEN_UP_AT = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
_RSA_BITS, _CURVE_BITS = 3000, 250


def lasts_until(path: ValidationPath | None) -> dt.datetime | None:
    """The instant after which signatures under this path aren't relied on without a newer timestamp; None without path.

    The root counts by its key alone: whoever trusts it does so by its own list, not by its dates.
    """
    if path is None:
        return None
    certificates = [one for one in path if isinstance(one, x509.Certificate)]
    ends = [one.not_valid_after for one in certificates[1:] or certificates]
    if any(_is_short(one) for one in certificates):
        ends.append(GIVEN_UP_AT)
    first: dt.datetime = min(ends)
    return first


def names(path: Iterable[x509.Certificate]) -> list[str]:
    """Whose certificates these are, the signer's first."""
    return [_name(one) for one in reversed(list(path))]


def _name(certificate: x509.Certificate) -> str:
    subject = certificate.subject.native
    name = (
        subject.get("common_name") or subject.get("organization_name") or certificate.subject.human_friendly
    )
    return " / ".join(map(str, name)) if isinstance(name, list) else str(name)


def _is_short(certificate: x509.Certificate) -> bool:
    key = certificate.public_key
    return bool(key.bit_size < (_RSA_BITS if key.algorithm.startswith("rsa") else _CURVE_BITS))
