"""Fixtures of the security tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.programs import Web, running
from tests.support.services import Services


@pytest.fixture
def web(services: Services, worker_id: str, transactional_db: None, tmp_path: Path) -> Iterator[Web]:
    """The web program, on this test's database."""
    with running(services, worker_id, tmp_path) as program:
        yield program
