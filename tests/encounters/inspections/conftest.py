"""Files that these tests keep go to a folder of their own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    """EMR_HOME for this test."""
    settings.EMR_HOME = tmp_path
    return tmp_path
