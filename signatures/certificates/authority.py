"""The demo hospital's own certificate authority: a root, an issuing authority under it, and what they issue.

For trials and tests alone. In production people bring certificates of a licensed authority, and the trust store
doesn't hold this root (S-59).
"""

import datetime as dt
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ORGANIZATION = "Bệnh án mở"
_ROOT_YEARS, _ISSUING_YEARS, _PERSON_YEARS = 20, 10, 3
_FILES = ("root.pem", "issuing.pem", "issuing.key.pem")


@dataclass(frozen=True)
class Authority:
    """The issuing authority and its root. The root's key is thrown away once it has signed the issuing one."""

    root: x509.Certificate
    issuing: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issued:
    """A new key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def create_authority(*, today: dt.datetime) -> Authority:
    """A new root and issuing authority, ECDSA P-256."""
    root_key, issuing_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name("Bệnh án mở - CA gốc thử nghiệm")
    root = (
        _builder(root_name, root_name, root_key.public_key(), today, _ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    issuing = (
        _builder(
            _name("Bệnh án mở - CA cấp chứng thư thử nghiệm"),
            root_name,
            issuing_key.public_key(),
            today,
            _ISSUING_YEARS,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_issued_by(root_key), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return Authority(root=root, issuing=issuing, key=issuing_key)


def load_or_create(folder: Path, *, today: dt.datetime) -> Authority:
    """The authority kept in `folder`, made the first time; two processes that start together get the same one."""
    if not folder.exists():
        _keep(create_authority(today=today), folder)
    root, issuing, key = ((folder / name).read_bytes() for name in _FILES)
    private = serialization.load_pem_private_key(key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("The demo authority's key isn't an elliptic curve key.")
    return Authority(
        root=x509.load_pem_x509_certificate(root),
        issuing=x509.load_pem_x509_certificate(issuing),
        key=private,
    )


def issue(
    authority: Authority,
    *,
    common_name: str,
    identifier: str,
    title: str = "",
    organization: str,
    today: dt.datetime,
    years: int = _PERSON_YEARS,
) -> Issued:
    """A key and a signing certificate for a person or an organisation.

    `identifier` becomes the subject's serial number: the staff code of a person, the code of a facility.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, identifier[:64]),
    ]
    if title:
        attributes.append(x509.NameAttribute(NameOID.TITLE, title[:64]))
    certificate = (
        _builder(x509.Name(attributes), authority.issuing.subject, key.public_key(), today, years)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(_issued_by(authority.key), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Issued(key=key, certificate=certificate)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, today: dt.datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))  # clocks on wards are seldom right
        .not_valid_after(today + dt.timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _keep(authority: Authority, folder: Path) -> None:
    """Write the files into a neighbour and rename it: the folder is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".authority-", dir=folder.parent))
    key = authority.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    for name, content in zip(
        _FILES, (authority.root.public_bytes(pem), authority.issuing.public_bytes(pem), key), strict=True
    ):
        with os.fdopen(os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    try:
        draft.rename(folder)
    except OSError:  # another process was faster: its authority stands
        for name in _FILES:
            (draft / name).unlink()
        draft.rmdir()
        if not folder.is_dir():
            raise
