"""Anybody may check a document; nobody learns what is in it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _
from pytest_django.fixtures import Settings

from encounters.documents.models import Document, DocumentBytes
from signatures.providers.base import Pin
from signatures.signing import services
from signatures.signing.models import SigningRequest
from signatures.verification import cage
from signatures.verification.services import verify_stored, verify_upload
from signatures.verification.verdicts import Verdict
from signatures.verification.words import SENTENCES, UNCHECKED, VERDICTS
from tests.signatures import support
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer, newest_pdf
from tests.signatures.verification import corpus

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed() -> SigningRequest:
    """A document of An's, signed and stored."""
    request = make_ready(make_signer(), text="Bệnh nhân Nguyễn Thị Đào ho khan.")
    with transaction.atomic():
        services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer)
    deliver_all()
    request.refresh_from_db()
    assert request.status == "completed"
    return request


def _send(pdf: bytes, name: str = "to.pdf") -> str:
    file = SimpleUploadedFile(name, pdf, content_type="application/pdf")
    answer = Client().post(reverse("signatures:verification:upload"), {"file": file})
    assert answer.status_code == 200
    return answer.content.decode()


def test_our_own_file_is_valid_and_known_byte_for_byte(signed: SigningRequest) -> None:
    page = _send(newest_pdf(signed.version))
    assert 'data-verdict="valid"' in page
    assert "Nguyễn Văn An" in page
    assert "Đào" not in page and "ho khan" not in page


def test_a_changed_file_is_invalid_and_not_ours(signed: SigningRequest) -> None:
    assert 'data-verdict="invalid"' in _send(corpus.content_replaced(newest_pdf(signed.version)))


@pytest.mark.parametrize("rubbish", [b"hello", b"%PDF-1.7\nrubbish", b""])
def test_rubbish_is_not_said_to_be_changed_after_signing(rubbish: bytes) -> None:
    client, url = Client(), reverse("signatures:verification:upload")
    file = SimpleUploadedFile("to.pdf", rubbish, content_type="application/pdf")
    page = client.post(url, {"file": file}).content.decode()
    assert str(SENTENCES[Verdict.INVALID]) not in page
    assert (str(UNCHECKED[0]) in page) == bool(rubbish), "an empty file is refused by the form"


def test_the_public_pages_keep_no_session(signed: SigningRequest) -> None:
    client = Client()
    client.get(reverse("signatures:verification:upload"))
    client.get(reverse("signatures:verification:code", args=[signed.version.verify_code]))
    assert set(client.cookies) <= {"csrftoken", "__Host-csrftoken"}


def test_nothing_is_kept_of_what_is_sent(signed: SigningRequest, home: Path) -> None:
    before = sorted(path for path in home.rglob("*") if path.is_file())
    _send(support.sign())
    assert sorted(path for path in home.rglob("*") if path.is_file()) == before
    assert DocumentBytes.objects.count() == 2


def test_the_printed_code_leads_to_the_verdict(signed: SigningRequest) -> None:
    code = signed.version.verify_code
    typed = f"{code[:4]}-{code[4:8].lower()} {code[8:]}"
    page = Client().get(reverse("signatures:verification:code", args=[typed]))
    assert page.status_code == 200
    assert 'data-verdict="valid"' in page.content.decode()
    assert "Đào" not in page.content.decode()
    assert Client().get(reverse("signatures:verification:code", args=["AAAA"])).status_code == 404


def test_the_report_can_be_taken_along_as_a_pdf(signed: SigningRequest, tmp_path: Path) -> None:
    """By the code and by the file: the same words as on the page, and nothing clinical."""
    file = SimpleUploadedFile("to.pdf", newest_pdf(signed.version), content_type="application/pdf")
    upload = reverse("signatures:verification:upload")
    code = reverse("signatures:verification:code", args=[signed.version.verify_code])
    answers = [Client().get(code, {"print": "1"}), Client().post(upload, {"file": file, "print": "1"})]
    for number, answer in enumerate(answers):
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        printed = tmp_path / f"{number}.pdf"
        printed.write_bytes(answer.content)
        said = " ".join(support.run("pdftotext", printed, "-").split())
        assert str(VERDICTS[Verdict.VALID]) in said and "Nguyễn Văn An" in said
        assert "CA gốc thử nghiệm" in said, "the way up to the root"
        assert "Đào" not in said


def test_who_issued_a_certificate_is_said_and_so_is_that_nobody_knows_them(
    signed: SigningRequest, settings: Settings
) -> None:
    code = reverse("signatures:verification:code", args=[signed.version.verify_code])
    known = Client().get(code).content.decode()
    assert "CA gốc thử nghiệm" in known and _("issuer not known to this hospital") not in known
    settings.EMR_DEMO = False
    page = Client().get(code).content.decode()
    assert 'data-verdict="unknown"' in page and _("issuer not known to this hospital") in page


def test_a_version_no_longer_in_force_says_so(signed: SigningRequest) -> None:
    Document.objects.update(status="entered-in-error")
    page = Client().get(reverse("signatures:verification:code", args=[signed.version.verify_code]))
    assert "alert-inline" in page.content.decode()


def test_a_stored_file_that_differs_from_its_row_is_invalid(signed: SigningRequest) -> None:
    stored = signed.version.bytes.get(revision=1)
    stored.sha256 = "00" * 32
    report = verify_stored(stored)
    assert (report.verdict, report.problems) == (Verdict.INVALID, ["differs"])


def test_a_file_over_the_limits_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cage, "WALL_SECONDS", 0.05)
    report, kept = verify_upload(support.sign())
    assert (report.verdict, kept) == (Verdict.INVALID, False)
    assert "too_heavy" in report.problems


def test_a_report_travels_whole_out_of_the_cage() -> None:
    report = cage.verify_caged(support.sign_twice(), roots=support.roots())
    assert report.verdict == Verdict.VALID
    assert cage.from_json(cage.as_json(report)) == report


def test_the_command_tells_and_exits_as_promised(signed: SigningRequest, tmp_path: Path) -> None:
    file, out = tmp_path / "signed.pdf", StringIO()
    file.write_bytes(newest_pdf(signed.version))
    call_command("verify_pdf", file, "--format", "json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["verdict"], told["kept_here"], told["signatures"][0]["signer"]) == (
        "valid",
        True,
        "Nguyễn Văn An",
    )
    call_command("verify_pdf", file, stdout=out)
    file.write_bytes(support.base_pdf())
    with pytest.raises(SystemExit) as ended:
        call_command("verify_pdf", file, stdout=out)
    assert ended.value.code == 1
    with pytest.raises(CommandError) as wrong:
        call_command("verify_pdf", tmp_path / "none.pdf")
    assert wrong.value.returncode == 2


def test_an_authority_that_is_away_never_holds_a_signature_up(settings: Settings) -> None:
    """F-25: the level says B-B; no timestamp is claimed."""
    settings.EMR_TSA_URL = "http://127.0.0.1:9/tsa"
    request = make_ready(make_signer())
    with transaction.atomic():
        services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer)
    deliver_all()
    request.refresh_from_db()
    assert (request.status, request.level) == ("completed", "B-B")
