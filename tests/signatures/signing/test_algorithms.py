"""RSA-2048 and -3072, P-256 and P-384, SHA-256 and -384: from the key's file to three programs that accept the signature."""

import datetime as dt
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.db import transaction
from pyhanko.pdf_utils.reader import PdfFileReader
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.common.clock import local_today
from signatures.certificates.services import demo_authority
from signatures.providers.base import Pin
from signatures.providers.services import import_key, keep_seal
from signatures.signing import services
from signatures.signing.chains import Place
from signatures.signing.selectors import waiting_for
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.emr.people import make_an, make_department, make_user
from tests.signatures import support
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer, newest_pdf

pytestmark = pytest.mark.django_db

KEYS = {
    "rsa-2048": (lambda: rsa.generate_private_key(65537, 2048), "sha256"),
    "rsa-3072": (lambda: rsa.generate_private_key(65537, 3072), "sha256"),
    "p-256": (lambda: ec.generate_private_key(ec.SECP256R1()), "sha256"),
    "p-384": (lambda: ec.generate_private_key(ec.SECP384R1()), "sha384"),
}


def _certified(key: Any, name: str) -> tuple[x509.Certificate, x509.Certificate]:
    """(the demo authority's certificate for a key that somebody else made, its issuer's)."""
    trial = demo_authority()
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(trial.issuing.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(support.NOW - dt.timedelta(days=1))
        .not_valid_after(support.NOW + dt.timedelta(days=90))
        .add_extension(usage, critical=True)
        .sign(trial.key, hashes.SHA256())
    )
    return certificate, trial.issuing


def _file(key: Any, name: str) -> bytes:
    """Both with the key as a PKCS #12."""
    certificate, issuer = _certified(key, name)
    encryption = serialization.BestAvailableEncryption(b"1357924680")
    return pkcs12.serialize_key_and_certificates(None, key, certificate, [issuer], encryption)


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_signs_with_its_hash(kind: str, settings: Settings, tmp_path: Path) -> None:
    settings.EMR_DEMO = True
    demo_authority()
    make, hash_name = KEYS[kind]
    an = make_an()
    blob = _file(make(), an.full_name)
    import_key(blob=blob, passphrase=Pin("1357924680"), new_pin=Pin(PIN), owner=an, by=an)
    request = make_ready(an)
    with transaction.atomic():
        (outcome,) = services.sign_requests(
            shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer
        )
    assert outcome.is_signed, outcome.problem
    deliver_all()
    assert verify_stored(request.version.bytes.latest("revision")).verdict == Verdict.VALID
    pdf = newest_pdf(request.version)
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    assert embedded.md_algorithm == hash_name
    (tmp_path / "signed.pdf").write_bytes(pdf)
    assert "Signature is Valid" in support.run("pdfsig", "-nocert", tmp_path / "signed.pdf")
    first, length, second, rest = (int(number) for number in embedded.byte_range)
    (tmp_path / "content").write_bytes(pdf[first:length] + pdf[second : second + rest])
    (tmp_path / "container").write_bytes(embedded.pkcs7_content)
    support.run(
        *(
            "openssl",
            "cms",
            "-verify",
            "-noverify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            tmp_path / "container",
        ),
        *("-content", tmp_path / "content", "-out", tmp_path / "out"),
    )


def test_a_seal_of_a_strong_key_holds_on_a_document(settings: Settings) -> None:
    settings.EMR_DEMO = True
    an = make_signer(make_an())
    key = KEYS["p-384"][0]()
    certificate, issuer = _certified(key, an.facility.name)
    keep_seal(key=key, certificate=certificate, issuers=[issuer], facility=an.facility, by=None)
    mai = make_user(
        "mai", "Hồ Thị Mai", "seal_keeper", make_department(an.facility, "HC", "Phòng Hành chính")
    )
    services.save_chain(
        facility=an.facility, code="36/BV2", places=[Place(1, "seal")], starts_on=local_today(), by=an
    )
    request = make_ready(an)
    services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    deliver_all()
    (asked,) = waiting_for(mai)
    (outcome,) = services.seal_documents(shown={asked.uuid: asked.sha256}, by=User.objects.get(pk=mai.pk))
    assert outcome.is_signed, outcome.problem
    deliver_all()
    assert verify_stored(request.version.bytes.latest("revision")).verdict == Verdict.VALID
    *_, sealed = PdfFileReader(BytesIO(newest_pdf(request.version))).embedded_regular_signatures
    assert sealed.md_algorithm == "sha384"
