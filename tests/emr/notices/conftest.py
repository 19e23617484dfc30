"""People to tell, kinds to tell of."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.emr.notices.house import DRILL, GLASS, NEWS, People, make_people, registered


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    with registered(GLASS, DRILL, NEWS):
        yield


@pytest.fixture
def people(db: None) -> People:
    return make_people()


@pytest.fixture
def all_ways(settings: Settings) -> None:
    """Every channel is set up; nobody answers there."""
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMR_SMS_URL = "http://127.0.0.1:1/sms"
    settings.EMR_CHAT_URL = "http://127.0.0.1:1/chat"
