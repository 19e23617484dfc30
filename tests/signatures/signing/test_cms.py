"""The container written by hand says what libraries expect."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import (
    BasicConstraints,
    CertificateBuilder,
    Name,
    NameAttribute,
    random_serial_number,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from signatures.signing import cms, der
from tests.signatures import support


def _container(content: bytes) -> bytes:
    certificate = support.person().certificate.public_bytes(support.DER)
    attributes = cms.signed_attributes(hashlib.sha256(content).digest(), certificate)
    return cms.signed_data(
        attributes=attributes,
        signature=support.raw_sign(support.person(), attributes),
        certificate=certificate,
        chain=[support.authority().issuing.public_bytes(support.DER)],
    )


@given(st.integers(min_value=0, max_value=2**160))
def test_integers_are_written_as_a_library_writes_them(number: int) -> None:
    assert der.integer(number) == core.Integer(number).dump()


@given(st.lists(st.integers(min_value=0, max_value=2**40), min_size=1, max_size=12))
def test_object_identifiers_are_written_as_a_library_writes_them(arcs: list[int]) -> None:
    dotted = ".".join(map(str, [1, 3, *arcs]))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.binary(max_size=70_000))
def test_lengths_are_written_in_the_shortest_form_and_read_back(content: bytes) -> None:
    written = der.tlv(0x04, content)
    assert written == core.OctetString(content).dump()
    tag, start, end = der.header(written)
    assert (tag, written[start:end]) == (0x04, content)


@given(st.binary(max_size=200))
def test_reading_odd_bytes_raises_nothing_but_value_errors(data: bytes) -> None:
    try:
        der.children(data)
    except ValueError:
        return


def test_the_container_is_der_to_the_last_byte() -> None:
    """Parsed and written again by a strict library it is the same."""
    container = _container(b"Dien bien benh")
    parsed = asn1_cms.ContentInfo.load(container, strict=True)
    signer = parsed["content"]["signer_infos"][0]
    assert parsed["content"]["certificates"].__len__() == 2
    assert {attribute["type"].native for attribute in signer["signed_attrs"]} == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
    }
    assert "signing_time" not in str(signer["signed_attrs"].native)
    assert parsed.dump(force=True) == container


def test_openssl_accepts_the_container(tmp_path: Path, need_tool: Any) -> None:
    content, container, root = tmp_path / "content", tmp_path / "signature.der", tmp_path / "root.pem"
    content.write_bytes("Diễn biến bệnh".encode())
    container.write_bytes(_container(content.read_bytes()))
    root.write_bytes(support.authority().root.public_bytes(serialization.Encoding.PEM))
    verify = [
        need_tool("openssl", "openssl"),
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        container,
    ]
    options = ["-content", content, "-CAfile", root, "-purpose", "any", "-cades", "-out", tmp_path / "out"]
    assert "successful" in support.run(*verify, *options)
    content.write_bytes("Diễn biến khác".encode())
    with pytest.raises(AssertionError, match="verif"):
        support.run(*verify, *options)


def test_a_signature_by_an_rsa_key_names_its_algorithm() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = Name([NameAttribute(NameOID.COMMON_NAME, "BS. RSA")])
    certificate = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(support.NOW)
        .not_valid_after(support.NOW.replace(year=support.NOW.year + 1))
        .add_extension(BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(support.DER)
    )
    attributes = cms.signed_attributes(bytes(32), certificate)
    value = key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
    container = cms.signed_data(attributes=attributes, signature=value, certificate=certificate)
    signer = asn1_cms.ContentInfo.load(container, strict=True)["content"]["signer_infos"][0]
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_rsa"
    assert signer["sid"].chosen["serial_number"].native > 0


def test_the_digest_is_found_again_in_the_attributes() -> None:
    certificate = support.person().certificate.public_bytes(support.DER)
    digest = hashlib.sha256(b"x").digest()
    assert cms.message_digest(cms.signed_attributes(digest, certificate)) == digest
    with pytest.raises(ValueError, match="SHA-256"):
        cms.signed_attributes(b"short", certificate)
