"""Every test of signatures has an instance's folder of its own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: SettingsWrapper) -> Path:
    """EMR_HOME for this test: the demo authority and the files go there."""
    settings.EMR_HOME = tmp_path
    settings.EMR_TSA_URL = ""
    return tmp_path
