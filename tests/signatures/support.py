"""A small hospital's signatures without its database: an authority, An and Bình with keys, a PDF to sign."""

import datetime as dt
import hashlib
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import weasyprint
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from signatures.certificates.authority import Authority, Issued, create_authority, issue
from signatures.signing import cms, pades
from signatures.signing.appearance import Block

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DER = serialization.Encoding.DER
REASON = "Tôi lập tờ điều trị này"

_HTML = """<html lang="vi"><head><meta charset="utf-8"><title>Tờ điều trị</title><style>@page {{ size: A4; margin: 20mm }}
#signature-1, #signature-2 {{ width: 60mm; height: 22mm; float: left; margin-right: 10mm }}</style></head>
<body><h1>Tờ điều trị</h1><p>{text}</p><div id="signature-1"></div><div id="signature-2"></div></body></html>"""


@cache
def base_pdf(text: str = "Mạch 80 lần/phút, huyết áp 120/80 mmHg.", variant: str = "pdf/a-3u") -> bytes:
    """A page as the renderer makes it, with places for two signatures."""
    return bytes(weasyprint.HTML(string=_HTML.format(text=text)).write_pdf(pdf_variant=variant))


@cache
def authority() -> Authority:
    """One authority for the whole run."""
    return create_authority(today=NOW)


@cache
def person(name: str = "Nguyễn Văn An", code: str = "NV001", title: str = "BS.") -> Issued:
    """A person's key and certificate."""
    return issue(
        authority(),
        common_name=name,
        identifier=code,
        title=title,
        organization="Trung tâm Y tế huyện",
        today=NOW,
    )


def roots() -> list[bytes]:
    """Whom the tests trust."""
    return [authority().root.public_bytes(DER)]


@dataclass(frozen=True)
class Half:
    """A prepared PDF and who is to sign it."""

    base: bytes
    prepared: pades.Prepared
    certificate: bytes
    chain: list[bytes]

    @property
    def shown(self) -> bytes:
        """The bytes a person is shown."""
        return self.base + self.prepared.tail


def half_sign(
    pdf: bytes,
    signer: Issued | None = None,
    *,
    step: int = 1,
    name: str = "BS. Nguyễn Văn An",
    timestamp: bool = False,
) -> Half:
    """Prepare a PDF for the signer."""
    signer = signer or person()
    certificate, chain = signer.certificate.public_bytes(DER), [authority().issuing.public_bytes(DER)]
    prepared = pades.prepare(
        pdf,
        field_name=f"Signature{step}",
        block=Block(signer=name, title="Bác sĩ điều trị, Khoa Nội", signed_at=NOW, reason=REASON),
        anchor=f"signature-{step}",
        reserved=cms.reserve(certificate=certificate, chain=chain, with_timestamp=timestamp),
    )
    return Half(pdf, prepared, certificate, chain)


def raw_sign(signer: Issued, attributes: bytes) -> bytes:
    """The signature value over signed attributes."""
    return signer.key.sign(hashlib.sha256(attributes).digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def finish(
    half: Half, signer: Issued | None = None, *, token: bytes | None = None, value: bytes | None = None
) -> bytes:
    """Sign what was prepared and embed the signature."""
    attributes = cms.signed_attributes(half.prepared.digest, half.certificate)
    container = cms.signed_data(
        attributes=attributes,
        signature=value or raw_sign(signer or person(), attributes),
        certificate=half.certificate,
        chain=half.chain,
        timestamp_token=token,
    )
    return pades.embed(
        half.shown,
        hole_start=half.prepared.hole_start,
        hole_end=half.prepared.hole_end,
        digest=half.prepared.digest,
        container=container,
    )


def sign(
    pdf: bytes | None = None, signer: Issued | None = None, *, step: int = 1, name: str = "BS. Nguyễn Văn An"
) -> bytes:
    """A signed PDF."""
    signer = signer or person()
    return finish(half_sign(pdf or base_pdf(), signer, step=step, name=name), signer)


def sign_twice() -> bytes:
    """Signed by An, then by Bình."""
    binh = person("Trần Thị Bình", "NV002", "BSCKI.")
    return sign(sign(), binh, step=2, name="BSCKI. Trần Thị Bình")


def run(*command: str | Path) -> str:
    """What another program prints; fails when it does."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, output
    return output
