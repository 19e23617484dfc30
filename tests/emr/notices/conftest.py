"""People to tell, kinds to tell of."""

import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from emr.notices.simulator import Gateway
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


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    """The demo gateway on a real socket, asking for its token."""
    with Gateway(("127.0.0.1", 0), "mật-khẩu".encode().hex()) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        settings.EMR_SMS_URL, settings.EMR_CHAT_URL = f"{address}/sms", f"{address}/chat"
        settings.EMR_SMS_TOKEN = settings.EMR_CHAT_TOKEN = server.token
        yield server
        server.shutdown()
        thread.join(10)
