"""A day to reconcile, and the person who does it."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from integrations.hl7v2 import services as hl7v2
from integrations.reconciling.days import Day
from integrations.reconciling.kinds import Finding
from integrations.reconciling.selectors import Board, board_of
from integrations.transport.listener import Frame
from integrations.transport.models import Message
from tests.emr.people import make_department, make_user
from tests.integrations.conftest import facility, send  # noqa: F401 (fixtures)
from tests.integrations.neighbour import Neighbour, listening_neighbour
from tests.integrations.transport.test_sending import make_channel

Look = Callable[..., Board]


@pytest.fixture
def look(facility: Organization) -> Look:  # noqa: F811
    """Today's board, or another day's."""

    def act(day: dt.date | None = None) -> Board:
        return board_of(facility, Day(day or local_today()))

    return act


@pytest.fixture
def tin(facility: Organization) -> User:  # noqa: F811
    """Who looks after the interfaces."""
    return make_user("tin", "Lý Văn Tin", "integration", make_department(facility, "P09", "Phòng CNTT"))


@pytest.fixture
def desk(client: Client, tin: User) -> Client:
    """Their browser."""
    client.force_login(tin, backend="emr.accounts.backends.StaffBackend")
    return client


@pytest.fixture
def lis(facility: Organization) -> Iterator[Neighbour]:  # noqa: F811
    """A laboratory's system that takes our orders."""
    with listening_neighbour() as neighbour:
        make_channel(facility, neighbour, performs="laboratory")
        yield neighbour


def receive(raw: bytes) -> Message:
    """Store a message as the listener does; no worker has been there yet."""
    before = set(Message.objects.values_list("pk", flat=True))
    assert b"|AA|" in hl7v2.receive([Frame(raw, "127.0.0.1")])[0].wire
    return Message.objects.exclude(pk__in=before).get()


def of_kind(board: Board, kind: str) -> list[Finding]:
    """The findings of one kind."""
    return [finding for finding in board.findings if finding.kind == kind]


def later(**units: float) -> dt.datetime:
    """An instant to come: later(minutes=20)."""
    return now() + dt.timedelta(**units)
