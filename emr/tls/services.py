"""The hospital's own certificate authority for its servers, where no public one can be reached.

The root signs server certificates alone, and only for the names and networks that it was made for: should its key be
stolen, it opens nothing else. Its key is sealed by a password that isn't kept here.
"""

import datetime as dt
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.common.errors import DomainError

ROOT_YEARS = 10
SERVER_DAYS = 397  # browsers refuse longer ones of public authorities; no reason to be laxer
RENEW_DAYS = 30
_SHORTEST_PASSWORD = 12
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)
_PRIVATE = [
    ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
]


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything lies, below EMR_HOME/tls."""

    folder: Path

    @classmethod
    def here(cls) -> "Files":
        """This instance's."""
        return cls(Path(settings.EMR_HOME) / "tls")

    @property
    def root(self) -> Path:
        return self.folder / "root.crt"

    @property
    def root_key(self) -> Path:
        return self.folder / "root.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"


def make_root(*, files: Files, facility: str, domains: list[str], password: str) -> x509.Certificate:
    """The hospital's root, limited to these domains and to private networks."""
    if files.root.exists():
        raise DomainError(_("There is a root already: %(file)s.") % {"file": files.root}, code="root_exists")
    _demand_password(password)
    for domain in domains:
        _demand_name(domain)
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, facility[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{facility[:40]} TLS root {now():%Y}"),
        ]
    )
    permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in [*domains, "localhost"]]
    permitted += [x509.IPAddress(network) for network in _PRIVATE]
    at = now()
    root = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(hours=1))
        .not_valid_after(at + dt.timedelta(days=365 * ROOT_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA384())
    )
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sealed = serialization.BestAvailableEncryption(password.encode())
    _write(
        files.root_key,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed),
    )
    _write(files.root, root.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return root


def issue(*, files: Files, names: list[str], password: str) -> x509.Certificate:
    """A certificate for a server of these names and addresses, with a new key. The old one serves until this is written."""
    if not names:
        raise DomainError(_("Name at least one name or address of the server."), code="no_names")
    root = x509.load_pem_x509_certificate(files.root.read_bytes())
    try:
        signer = serialization.load_pem_private_key(files.root_key.read_bytes(), password.encode())
    except ValueError:
        raise DomainError(_("This isn't the password of the root's key."), code="wrong_password") from None
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # noqa: S101 (made by make_root)
    alternatives = [_alternative(name) for name in names]
    _demand_permitted(root, alternatives)
    key = ec.generate_private_key(ec.SECP256R1())
    at = now()
    until = min(at + dt.timedelta(days=SERVER_DAYS), root.not_valid_after_utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(hours=1))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA384())
    )
    plain = serialization.NoEncryption()  # a server starts by itself after a power cut
    _write(files.key, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return certificate


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names and addresses that the certificate is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, in pairs, as Windows and browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        _demand_name(name)
        return x509.DNSName(name)


def _demand_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise DomainError(_("%(name)s isn't a server's name.") % {"name": name}, code="bad_name")


def _demand_password(password: str) -> None:
    if len(password) < _SHORTEST_PASSWORD:
        raise DomainError(
            _("The root's password needs at least %(n)d characters.") % {"n": _SHORTEST_PASSWORD},
            code="short_password",
        )


def _demand_permitted(root: x509.Certificate, wanted: list[x509.GeneralName]) -> None:
    """Say now what every browser would refuse later."""
    limits = root.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    domains = [one.value for one in limits if isinstance(one, x509.DNSName)]
    networks = [ipaddress.ip_network(str(one.value)) for one in limits if isinstance(one, x509.IPAddress)]
    for name in wanted:
        if isinstance(name, x509.DNSName):
            fits = any(f".{name.value}".endswith(f".{domain}") for domain in domains)
        else:
            fits = any(ipaddress.ip_address(str(name.value)) in network for network in networks)
        if not fits:
            raise DomainError(
                _("The root may not issue for %(name)s: it was made for other names.") % {"name": name.value},
                code="not_permitted",
            )


def _write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Whole or not at all; a key is never readable by others, not even for a moment."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
