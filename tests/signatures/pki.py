"""A licensed authority of somebody else's making (certomancer): root, issuer, OCSP, lists, timestamps, on a loopback port.

An, Bình and the hospital (its seal) have certificates of it; Chi's was revoked in 2025. What is `down` answers 503.
"""

import contextlib
import datetime as dt
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from emr.accounts.models import Organization, User
from signatures.certificates.authority import Issued
from signatures.providers.base import Pin
from signatures.providers.services import import_key, keep_seal
from signatures.signing import cms, pades, timestamp
from signatures.signing.appearance import Block
from tests.emr.people import make_an
from tests.signatures import support
from tests.signatures.records import PIN
from tests.signatures.tsa import _Quiet

PASSPHRASE = b"246813579"
REVOKED_SINCE = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
_PEOPLE = {"an": "Nguyễn Văn An", "binh": "Trần Thị Bình", "chi": "Lê Thị Chi", "seal": "Bệnh viện"}
_CONFIG = """
external-url-prefix: "http://127.0.0.1:{port}"
keysets:
  pki:
    path-prefix: {folder}
    keys: {{{keys}}}
pki-architectures:
  pki:
    keyset: pki
    entity-defaults: {{country-name: VN, organization-name: "Chứng thực số"}}
    entities:
      root: {{common-name: "CA gốc"}}
      interm: {{common-name: "CA cấp phép"}}
      ocsp: {{common-name: "OCSP"}}
      tsa: {{common-name: "TSA"}}
      an: {{common-name: "Nguyễn Văn An"}}
      binh: {{common-name: "Trần Thị Bình"}}
      chi: {{common-name: "Lê Thị Chi"}}
      seal: {{common-name: "Bệnh viện"}}
    certs:
      root:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}}
        extensions: &ca
          - {{id: basic_constraints, critical: true, value: {{ca: true}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
      interm:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2042-01-01T00:00:00+0000"}}
        extensions:
          - {{id: basic_constraints, critical: true, value: {{ca: true, path_len_constraint: 0}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
          - &rootlist
            id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [root]}}}}
      ocsp:
        issuer: interm
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2030-01-01T00:00:00+0000"}}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, value: [ocsp_signing]}}
          - {{id: ocsp_no_check}}
      tsa:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2032-01-01T00:00:00+0000"}}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, critical: true, value: [time_stamping]}}
          - *rootlist
      an: &person
        issuer: interm
        validity: {{valid-from: "2024-01-01T00:00:00+0000", valid-to: "2029-01-01T00:00:00+0000"}}
        extensions: &told
          - id: key_usage
            critical: true
            smart-value: {{schema: key-usage, params: [digital_signature, non_repudiation]}}
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [interm]}}}}
          - id: authority_information_access
            smart-value: {{schema: aia-urls, params: {{ocsp-responder-names: [interm]}}}}
      binh: *person
      seal: *person
      chi:
        issuer: interm
        validity: {{valid-from: "2024-01-01T00:00:00+0000", valid-to: "2029-01-01T00:00:00+0000"}}
        revocation: {{revoked-since: "2025-03-01T00:00:00+0000", reason: key_compromise}}
        extensions: *told
    services:
      ocsp: {{interm: {{for-issuer: interm, responder-cert: ocsp, signing-key: ocsp}}}}
      crl-repo:
        root: {{for-issuer: root, signing-key: root, simulated-update-schedule: P90D}}
        interm: {{for-issuer: interm, signing-key: interm, simulated-update-schedule: PT1H}}
      time-stamping: {{tsa: {{signing-key: tsa, signing-cert: tsa}}}}
"""
_NAMES = ("root", "interm", "ocsp", "tsa", *_PEOPLE)


@dataclass
class Authority:
    """What answers, and what doesn't: `down` holds of "ocsp", "crls", "tsa"."""

    architecture: PKIArchitecture
    address: str
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def tsa(self) -> str:
        """EMR_TSA_URL."""
        return f"{self.address}/pki/tsa/tsa"

    def certificate(self, name: str) -> x509.Certificate:
        """Whose certificate it is by the names above."""
        return x509.load_der_x509_certificate(self.architecture.get_cert(CertLabel(name)).dump())

    @property
    def root(self) -> bytes:
        """Whom to trust, DER."""
        return self.certificate("root").public_bytes(support.DER)

    def person(self, name: str) -> Issued:
        """Somebody's key and certificate."""
        key = serialization.load_pem_private_key(_key(name), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Issued(key, self.certificate(name))

    def key_file(self, name: str) -> bytes:
        """The PKCS #12 that the authority gives to a person."""
        held = self.person(name)
        return pkcs12.serialize_key_and_certificates(
            None,
            held.key,
            held.certificate,
            [self.certificate("interm")],
            serialization.BestAvailableEncryption(PASSPHRASE),
        )

    def sign(self, name: str, *, pdf: bytes | None = None, step: int = 1, stamped: bool = True) -> bytes:
        """A PDF signed by one of the people, with a timestamp of the authority that EMR_TSA_URL names."""
        held = self.person(name)
        certificate, chain = (
            held.certificate.public_bytes(support.DER),
            [self.certificate("interm").public_bytes(support.DER)],
        )
        base = pdf or support.base_pdf()
        prepared = pades.prepare(
            base,
            field_name=f"Signature{step}",
            block=Block(signer=_PEOPLE[name], title="Bác sĩ", signed_at=support.NOW, reason=support.REASON),
            anchor=f"signature-{step}",
            reserved=cms.reserve(certificate=certificate, chain=chain, with_timestamp=True),
        )
        attributes = cms.signed_attributes(prepared.digest, certificate)
        value = support.raw_sign(held, attributes)
        token = timestamp.fetch_token(hashlib.sha256(value).digest()) if stamped else None
        container = cms.signed_data(
            attributes=attributes,
            signature=value,
            certificate=certificate,
            chain=chain,
            timestamp_token=token,
        )
        return pades.embed(
            base + prepared.tail,
            hole_start=prepared.hole_start,
            hole_end=prepared.hole_end,
            digest=prepared.digest,
            container=container,
        )

    def _wrap(self, application: Callable[..., Any]) -> Callable[..., Any]:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            kind = environ["PATH_INFO"].split("/")[2]
            self.asked.append(kind)
            if kind in self.down:
                start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
                return [b""]
            return application(environ, start_response)

        return answer


def with_key(authority: Authority, name: str, user: User | None = None) -> User:
    """An, or whoever is given, with the key that the authority issued under the name."""
    user = user or make_an()
    import_key(
        blob=authority.key_file(name),
        passphrase=Pin(PASSPHRASE.decode()),
        new_pin=Pin(PIN),
        owner=user,
        by=user,
    )
    return user


def with_seal(authority: Authority, facility: Organization) -> None:
    """The facility's seal, of the authority's issuing."""
    held = authority.person("seal")
    issuers = [authority.certificate("interm")]
    keep_seal(key=held.key, certificate=held.certificate, issuers=issuers, facility=facility, by=None)


class _Later:
    """The application, which needs the port before it is made."""

    def __init__(self, box: dict[str, Any]) -> None:
        self._box = box

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return self._box["app"](environ, start_response)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Authority]:
    """The authority while the block runs; `folder` / roots is one for EMR_TRUST_ROOTS."""
    (folder / "roots").mkdir(parents=True, exist_ok=True)
    for name in _NAMES:
        (folder / f"{name}.pem").write_bytes(_key(name))
    keys = ", ".join(f"{name}: {{path: {name}.pem}}" for name in _NAMES)
    box: dict[str, Any] = {}
    with make_server("127.0.0.1", 0, _Later(box), handler_class=_Quiet) as server:
        text = _CONFIG.format(port=server.server_port, folder=folder, keys=keys)
        config = CertomancerConfig.from_yaml(text, key_search_dir=str(folder))
        architecture = config.get_pki_arch(ArchLabel("pki"))
        authority = Authority(architecture, f"http://127.0.0.1:{server.server_port}")
        store = AnimatorArchStore({ArchLabel("pki"): architecture})
        box["app"] = authority._wrap(Animator(store, with_web_ui=False))
        (folder / "roots/pki.pem").write_text(ssl.DER_cert_to_PEM_cert(authority.root))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()


@cache
def _key(_name: str) -> bytes:
    """The same keys for the whole run."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
