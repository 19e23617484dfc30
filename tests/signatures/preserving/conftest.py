"""A licensed authority, trusted, whose timestamps the instance takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from signatures.signing import timestamp
from signatures.verification import answers
from tests.signatures import pki


@pytest.fixture
def authority(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pki.Authority]:
    """It runs for the test; nobody is left alone for a while after a failure."""
    for module in (timestamp, answers):
        monkeypatch.setattr(module, "_REST_SECONDS", 0.0)
    monkeypatch.setattr(answers, "_kept", {})
    with pki.running(tmp_path / "pki") as running:
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = running.tsa, str(tmp_path / "pki/roots")
        yield running
