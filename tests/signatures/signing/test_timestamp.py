"""B-T: a trusted time in the signature, and what happens while nobody answers."""

import datetime as dt
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from signatures.signing import cms, timestamp
from signatures.verification.report import verify_pdf
from signatures.verification.verdicts import Verdict
from tests.signatures import support, tsa


@pytest.mark.peer
def test_a_timestamped_signature_is_valid_even_after_the_certificate_expired(
    settings: Settings, tmp_path: Path
) -> None:
    """F-26: what a trusted clock saw while the certificate was good stays good."""
    with tsa.running(tmp_path) as (address, root):
        settings.EMR_TSA_URL = address
        half = support.half_sign(support.base_pdf(), timestamp=True)
        value = support.raw_sign(
            support.person(), cms.signed_attributes(half.prepared.digest, half.certificate)
        )
        pdf = support.finish(half, value=value, token=timestamp.fetch_token(value))
    roots = [*support.roots(), root]
    report = verify_pdf(pdf, roots=roots)
    (signature,) = report.signatures
    assert (report.verdict, signature.level) == (Verdict.VALID, "B-T")
    assert signature.timestamped_at is not None
    years_later = support.NOW + dt.timedelta(days=365 * 4)
    assert verify_pdf(pdf, roots=roots, at=years_later).verdict == Verdict.VALID
    assert verify_pdf(support.sign(), roots=roots, at=years_later).verdict == Verdict.UNKNOWN
    stranger = verify_pdf(pdf, roots=support.roots())
    assert stranger.verdict == Verdict.UNKNOWN
    assert stranger.signatures[0].problems == ["timestamp_untrusted"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/tsa", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_an_authority_that_does_not_answer_is_one_kind_of_trouble(settings: Settings, address: str) -> None:
    settings.EMR_TSA_URL = address
    with pytest.raises(timestamp.NoTimestamp):
        timestamp.fetch_token(b"value")


@pytest.mark.peer
def test_a_token_for_something_else_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer recorded earlier and played again."""
    with tsa.running(tmp_path) as (address, _root):
        settings.EMR_TSA_URL = address
        real, recorded = timestamp._post, []

        def replay(url: str, body: bytes) -> bytes:
            recorded.append(real(url, body))
            return recorded[0]

        monkeypatch.setattr(timestamp, "_post", replay)
        assert timestamp.fetch_token(b"first")
        with pytest.raises(timestamp.NoTimestamp, match="something else"):
            timestamp.fetch_token(b"second")
