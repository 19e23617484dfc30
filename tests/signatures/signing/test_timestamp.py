"""B-T: a trusted time in the signature, and what happens while nobody answers."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from signatures.signing import cms, timestamp
from signatures.verification.report import verify_pdf
from signatures.verification.verdicts import Verdict
from tests.signatures import support, tsa


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.peer
def test_a_timestamped_signature_is_valid_even_after_the_certificate_expired(
    settings: Settings, tmp_path: Path
) -> None:
    """F-26: what a trusted clock saw while the certificate was good stays good."""
    with tsa.running(tmp_path) as (address, root):
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = address, str(tmp_path / "roots")
        half = support.half_sign(support.base_pdf(), timestamp=True)
        value = support.raw_sign(
            support.person(), cms.signed_attributes(half.prepared.digest, half.certificate)
        )
        pdf = support.finish(half, value=value, token=timestamp.fetch_token(_digest(value)))
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
        timestamp.fetch_token(_digest(b"value"))


@pytest.mark.peer
def test_a_token_for_something_else_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer recorded earlier and played again."""
    with tsa.running(tmp_path) as (address, _root):
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = address, str(tmp_path / "roots")
        real, recorded = timestamp._post, []

        def replay(url: str, body: bytes) -> bytes:
            recorded.append(real(url, body))
            return recorded[0]

        monkeypatch.setattr(timestamp, "_post", replay)
        assert timestamp.fetch_token(_digest(b"first"))
        with pytest.raises(timestamp.NoTimestamp, match="something else"):
            timestamp.fetch_token(_digest(b"second"))


@pytest.mark.peer
def test_a_token_of_an_authority_that_nobody_trusts_is_none(settings: Settings, tmp_path: Path) -> None:
    """Or the level would claim a time that verification doubts."""
    with tsa.running(tmp_path) as (address, _root):
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = address, ""
        with pytest.raises(timestamp.NoTimestamp, match="trusts"):
            timestamp.fetch_token(_digest(b"value"))


def test_an_authority_that_is_away_is_not_asked_for_every_document(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMR_TSA_URL, asked = tsa.address(tsa.free_port()), []

    def silent(url: str, _body: bytes) -> bytes:
        asked.append(url)
        raise TimeoutError

    monkeypatch.setattr(timestamp, "_post", silent)
    for _ in range(50):
        with pytest.raises(timestamp.NoTimestamp):
            timestamp.fetch_token(_digest(b"value"))
    assert len(asked) == 1
    monkeypatch.setitem(timestamp._resting, settings.EMR_TSA_URL, 0.0)
    with pytest.raises(timestamp.NoTimestamp, match="TimeoutError"):
        timestamp.fetch_token(_digest(b"value"))
