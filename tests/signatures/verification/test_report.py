"""Every change is named, and nothing odd passes for valid."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signatures.certificates import authority
from signatures.verification.report import verify_pdf
from signatures.verification.verdicts import INVALID_REASONS, Report, Verdict
from tests.signatures import support
from tests.signatures.verification import corpus


def _verify(pdf: bytes, at: dt.datetime | None = None) -> Report:
    return verify_pdf(pdf, roots=support.roots(), at=at)


def test_a_signed_document_is_valid() -> None:
    report = _verify(support.sign())
    (signature,) = report.signatures
    assert report.verdict == Verdict.VALID
    assert (signature.signer, signature.title) == ("Nguyễn Văn An", "BS.")
    assert (signature.coverage, signature.modification, signature.level) == ("entire_file", "none", "B-B")
    assert signature.bottom_line and signature.claimed_at == support.NOW


def test_a_file_made_for_the_web_is_judged_like_any_other(tmp_path: Path) -> None:
    """Linearised: its first cross-reference section stands for a part of the file."""
    base, linear = tmp_path / "base.pdf", tmp_path / "linear.pdf"
    base.write_bytes(support.base_pdf())
    support.run("qpdf", "--linearize", "--object-streams=disable", base, linear)
    report = _verify(support.sign(linear.read_bytes()))
    assert (report.verdict, report.problems) == (Verdict.VALID, [])


def test_two_signatures_are_valid_together() -> None:
    report = _verify(support.sign_twice())
    assert report.verdict == Verdict.VALID
    assert [one.modification for one in report.signatures] == ["form_filling", "none"]


@pytest.mark.parametrize("forge", corpus.FORGERIES, ids=lambda forge: forge.__name__)
@pytest.mark.parametrize("make", [support.sign, support.sign_twice], ids=["one-signer", "two-signers"])
def test_no_forgery_is_valid(make: Callable[[], bytes], forge: Callable[[bytes], bytes]) -> None:
    """S-43, S-44, S-45."""
    forged = forge(make())
    assert forged != make()
    report = _verify(forged)
    assert report.verdict == Verdict.INVALID
    named = {*report.problems, *(problem for one in report.signatures for problem in one.problems)}
    assert named & INVALID_REASONS


def test_the_second_signature_removed_is_no_loss_but_the_first_still_holds() -> None:
    """Cutting off the last revision gives the earlier file back: valid as such, but not the file we keep."""
    assert _verify(support.sign()).verdict == Verdict.VALID
    assert support.sign_twice().startswith(support.sign()[:1000])


@pytest.mark.parametrize(
    ("data", "problem"), [(b"", "not_pdf"), (b"PK\x03\x04", "not_pdf"), (b"%PDF-1.7\n", "unreadable")]
)
def test_what_is_no_pdf_is_said_to_be_none(data: bytes, problem: str) -> None:
    report = _verify(data)
    assert report.problems == [problem]
    assert report.verdict == Verdict.INVALID


def test_an_unsigned_pdf_is_unsigned() -> None:
    assert _verify(support.base_pdf()).verdict == Verdict.UNSIGNED


def test_a_signer_nobody_vouches_for_is_unknown_not_valid() -> None:
    """S-49."""
    report = verify_pdf(support.sign(), roots=[])
    assert report.verdict == Verdict.UNKNOWN
    assert report.signatures[0].problems == ["untrusted"]
    assert report.signatures[0].intact


def test_after_its_period_a_certificate_proves_nothing() -> None:
    """S-49."""
    report = _verify(support.sign(), at=support.NOW + dt.timedelta(days=365 * 4))
    assert report.verdict == Verdict.UNKNOWN
    assert report.signatures[0].problems == ["expired"]


def test_before_its_period_a_certificate_proves_nothing() -> None:
    early = authority.issue(
        support.authority(),
        common_name="Nguyễn Văn An",
        identifier="NV001",
        organization="Trung tâm Y tế huyện",
        today=support.NOW + dt.timedelta(days=10),
    )
    report = _verify(support.sign(signer=early))
    assert report.verdict == Verdict.UNKNOWN
    assert report.signatures[0].problems == ["not_yet_valid"]


def test_a_certificate_not_meant_for_signing_is_invalid() -> None:
    """S-49: A key for encryption alone, issued by a trusted authority."""
    key, issuer = ec.generate_private_key(ec.SECP256R1()), support.authority()
    usage = x509.KeyUsage(False, False, True, False, True, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Máy chủ")]))
        .issuer_name(issuer.issuing.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(support.NOW - dt.timedelta(days=1))
        .not_valid_after(support.NOW + dt.timedelta(days=9))
        .add_extension(usage, critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    report = _verify(support.sign(signer=authority.Issued(key, certificate)))
    assert report.verdict == Verdict.INVALID
    assert report.signatures[0].problems == ["key_usage"]


def test_a_signature_value_of_another_key_is_invalid() -> None:
    half = support.half_sign(support.base_pdf())
    other = support.person("Chi", "NV999")
    forged = support.finish(half, other)
    report = _verify(forged)
    assert report.verdict == Verdict.INVALID
    assert report.signatures[0].problems == ["wrong_value"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.floats(0, 0.999), junk=st.binary(min_size=1, max_size=6))
def test_no_damage_anywhere_raises_or_passes(place: float, junk: bytes) -> None:
    """S-44: bytes overwritten anywhere: no exception; valid only if nothing changed, or only the hole's padding did."""
    good = support.sign()
    start = int(place * len(good))
    bad = good[:start] + junk + good[start + len(junk) :]
    report = _verify(bad)
    if report.verdict == Verdict.VALID:
        half_open = good.rindex(b"/Contents <") if b"/Contents <" in good else good.rindex(b"/Contents<")
        assert bad == good or half_open < start < half_open + 12_000
