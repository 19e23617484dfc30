"""One house to break for each module."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.emr.local.test_supervisor import free_port
from tests.faults.house import House, open_house
from tests.support.services import Services


@pytest.fixture(scope="module")
def house(services: Services, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """Services run, programs don't yet; this process's Django works on the house's database."""
    with django_db_blocker.unblock(), open_house(services, (free_port(), free_port())) as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What breaks a house stays in one xdist worker, and counts as a test of the database."""
    for item in items:
        if "house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("faults"))
