"""Every test of signatures has an instance's folder of its own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from emr.outbox import services as outbox


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    """EMR_HOME for this test: the demo authority and the files go there."""
    settings.EMR_HOME = tmp_path
    settings.EMR_TSA_URL = ""
    return tmp_path


@pytest.fixture(autouse=True)
def quiet_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is woken: tests deliver by hand."""
    monkeypatch.setattr(outbox.current_app, "send_task", lambda *_args, **_options: None)
