"""Signature containers: CMS SignedData (RFC 5652) of the PAdES / CAdES baseline level B (ETSI EN 319 122-1).

One signer, detached content, SHA-256 or (for P-384 keys) SHA-384; the length of the content's digest says which. Three
steps, so that the key is needed for the middle one alone: `signed_attributes` → the signer signs `digest_of` them →
`signed_data` puts everything together.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from signatures.signing.der import (
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    children,
    header,
    integer,
    oid,
    set_of,
    tlv,
)

_DATA = oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
_TIMESTAMP_TOKEN = oid("1.2.840.113549.1.9.16.2.14")
_DIGESTS = {
    32: ("sha256", tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"))),
    48: ("sha384", tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.2"))),
}

_RSA_KEY = oid("1.2.840.113549.1.1.1")
_EC_KEY = oid("1.2.840.10045.2.1")
_SIGNATURE_ALGORITHMS = {
    (_RSA_KEY, 32): tlv(SEQUENCE, oid("1.2.840.113549.1.1.11"), NULL),  # PKCS #1 v1.5 with SHA-256
    (_EC_KEY, 32): tlv(SEQUENCE, oid("1.2.840.10045.4.3.2")),  # ecdsa-with-SHA256
    (_EC_KEY, 48): tlv(SEQUENCE, oid("1.2.840.10045.4.3.3")),  # ecdsa-with-SHA384
}
_P384 = oid("1.3.132.0.34")

# What a container has besides certificates, signature value and timestamp token: about 400 bytes, doubled.
_OVERHEAD = 800
_SIGNATURE_MAXIMUM = 512  # RSA-4096
TOKEN_MAXIMUM = 8192  # a timestamp token with its authority's chain


@dataclass(frozen=True)
class _Identity:
    """What a container says about a certificate."""

    signer_identifier: bytes  # IssuerAndSerialNumber
    key: bytes  # the algorithm of its key
    curve: bytes
    signing_certificate: bytes  # the attribute SigningCertificateV2


@lru_cache(maxsize=1024)
def _identity(certificate: bytes) -> _Identity:
    """Slices issuer and serial number out of the certificate as they are encoded there, byte for byte."""
    fields = children(children(certificate)[0])
    if fields[0][0] == 0xA0:  # the version, absent in X.509 v1
        fields = fields[1:]
    serial, _, issuer, _, _, public_key = fields[:6]
    key, *parameters = children(children(public_key)[0])
    if key not in {_RSA_KEY, _EC_KEY}:
        raise ValueError("Only RSA and elliptic curve keys can sign.")
    # ESSCertIDv2 with the default algorithm (SHA-256) left out, as DER wants.
    certificate_id = tlv(SEQUENCE, tlv(OCTET_STRING, hashlib.sha256(certificate).digest()))
    return _Identity(
        signer_identifier=tlv(SEQUENCE, issuer, serial),
        key=key,
        curve=parameters[0] if parameters else b"",
        signing_certificate=_attribute(_SIGNING_CERTIFICATE_V2, tlv(SEQUENCE, tlv(SEQUENCE, certificate_id))),
    )


def _attribute(name: bytes, value: bytes) -> bytes:
    return tlv(SEQUENCE, name, tlv(SET, value))


def hash_for(certificate: bytes) -> str:
    """The hash that suits the key of a certificate (DER): "sha384" for P-384, else "sha256"."""
    return "sha384" if _identity(certificate).curve == _P384 else "sha256"


def digest_of(attributes: bytes) -> bytes:
    """What the key signs: the digest of signed attributes, by the hash of the content's digest in them."""
    return hashlib.new(_digest(len(message_digest(attributes)))[0], attributes).digest()


def _digest(size: int) -> tuple[str, bytes]:
    """(name, AlgorithmIdentifier) of the hash with digests of so many bytes."""
    if size not in _DIGESTS:
        raise ValueError("The digest must be SHA-256 or SHA-384.")
    return _DIGESTS[size]


def signed_attributes(digest: bytes, certificate: bytes) -> bytes:
    """The attributes that the signer signs: content type, digest of the content, the certificate's own digest.

    `digest` is SHA-256 or SHA-384 of the content, `certificate` is DER. The signature is made over `digest_of` the
    answer, an explicit SET OF (RFC 5652 §5.4). No signing time: PAdES keeps it in the PDF's /M.
    """
    _digest(len(digest))
    return set_of(
        _attribute(_CONTENT_TYPE, _DATA),
        _attribute(_MESSAGE_DIGEST, tlv(OCTET_STRING, digest)),
        _identity(certificate).signing_certificate,
    )


def signed_data(
    *,
    attributes: bytes,
    signature: bytes,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    timestamp_token: bytes | None = None,
) -> bytes:
    """The whole container (ContentInfo, DER): attributes as signed, signature value, certificates, maybe a timestamp.

    `chain` holds the issuers' certificates without the root's; `timestamp_token` is an RFC 3161 token over
    the signature value and makes the level B-T.
    """
    identity, size = _identity(certificate), len(message_digest(attributes))
    digest_algorithm, signature_algorithm = _digest(size)[1], _SIGNATURE_ALGORITHMS[identity.key, size]
    unsigned = b""
    if timestamp_token is not None:
        unsigned = tlv(0xA1, _attribute(_TIMESTAMP_TOKEN, timestamp_token))
    signer = tlv(
        SEQUENCE,
        integer(1),
        identity.signer_identifier,
        digest_algorithm,
        b"\xa0" + attributes[1:],  # the same SET OF under its implicit tag
        signature_algorithm,
        tlv(OCTET_STRING, signature),
        unsigned,
    )
    content = tlv(
        SEQUENCE,
        integer(1),
        tlv(SET, digest_algorithm),
        tlv(SEQUENCE, _DATA),
        set_of(certificate, *chain, tag=0xA0),
        tlv(SET, signer),
    )
    return tlv(SEQUENCE, _SIGNED_DATA, tlv(0xA0, content))


def message_digest(attributes: bytes) -> bytes:
    """The content's digest that signed attributes speak of; ValueError when they name none."""
    for attribute in children(attributes):
        name, values = children(attribute)
        if name == _MESSAGE_DIGEST:
            value = children(values)[0]
            _, start, end = header(value)
            return value[start:end]
    raise ValueError("The signed attributes hold no message digest.")


def reserve(*, certificate: bytes, chain: Sequence[bytes] = (), with_timestamp: bool) -> int:
    """How many bytes to keep free for the container of this signer."""
    certificates = len(certificate) + sum(len(issuer) for issuer in chain)
    return _OVERHEAD + _SIGNATURE_MAXIMUM + certificates + (TOKEN_MAXIMUM if with_timestamp else 0)
