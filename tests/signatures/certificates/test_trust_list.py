"""Whom the instance trusts: shown with dates; a root only by its fingerprint, a licensed authority only below a root."""

from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from emr.audit.models import AuditEvent
from signatures.certificates.trust import trust_roots
from signatures.certificates.trustlist import Listed
from tests.signatures import support

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """EMR_TRUST_ROOTS, empty."""
    settings.EMR_DEMO = False
    settings.EMR_TRUST_ROOTS = str(tmp_path / "roots")
    (tmp_path / "roots").mkdir()
    return tmp_path


def _refused(file: Path, *words: str) -> None:
    with pytest.raises(CommandError):
        call_command("trust_list", file, *words, stdout=StringIO())
    assert trust_roots() == [], "nothing was added"


def test_a_root_is_trusted_by_its_fingerprint_and_what_it_licenses_after_it(folder: Path) -> None:
    held = support.authority()
    root, licensed = folder / "root.cer", folder / "licensed.pem"
    root.write_bytes(held.root.public_bytes(Encoding.DER))
    licensed.write_bytes(held.issuing.public_bytes(Encoding.PEM))
    _refused(licensed)
    _refused(root)
    _refused(root, "--fingerprint", "00" * 32)
    printed = Listed(held.root).fingerprint.upper()
    typed = ":".join(printed[place : place + 2] for place in range(0, 64, 2))
    out = StringIO()
    call_command("trust_list", root, "--fingerprint", typed, stdout=out)
    assert trust_roots() == [held.root]
    assert f"{held.root.not_valid_after_utc:%d/%m/%Y}" in out.getvalue() and "valid" in out.getvalue()
    call_command("trust_list", licensed, stdout=StringIO())
    call_command("trust_list", licensed, stdout=StringIO())
    assert len(trust_roots()) == 2, "the same again adds nothing"
    assert AuditEvent.objects.filter(action="trust_list.add").count() == 2


def test_a_bundle_is_taken_whole_or_not_at_all(folder: Path) -> None:
    held, file = support.authority(), folder / "bundle.p7b"
    fingerprint = Listed(held.root).fingerprint
    with_person = [held.root, held.issuing, support.person().certificate]
    file.write_bytes(pkcs7.serialize_certificates(with_person, Encoding.DER))
    _refused(file, "--fingerprint", fingerprint)
    file.write_bytes(pkcs7.serialize_certificates(with_person[:2], Encoding.DER))
    call_command("trust_list", file, "--fingerprint", fingerprint, stdout=StringIO())
    assert len(trust_roots()) == 2


def test_what_is_no_certificate_is_refused(folder: Path) -> None:
    (folder / "x.pem").write_text("hello")
    _refused(folder / "x.pem")
    _refused(folder / "none.pem")
