"""The HIS simulator, run as its help says: it takes an order and refuses another, which comes back to who ordered it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from emr.accounts.models import User
from emr.notices.models import Notice
from encounters.orders.models import OrderRefusal
from encounters.visits.models import Encounter
from integrations.transport.models import MessageState
from tests.encounters.orders.tables import make_world
from tests.integrations.his.test_orders_out import outgoing, prescribe, work_off
from tests.integrations.peers import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def simulator() -> Iterator[int]:
    """Its port; amoxicillin is out of stock there."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "integrations.his.simulator", "--listen", "0", "--out-of-stock", "amox"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"port (\d+)", line)
        assert found, line
        assert "SIMULATOR" in line
        yield int(found[1])
    finally:
        process.kill()
        process.wait(20)


def test_an_order_is_taken_and_one_out_of_stock_comes_back_as_a_task(simulator: int) -> None:
    world: tuple[User, Encounter] = make_world()
    there: Any = SimpleNamespace(port=simulator)
    channel = outgoing(there)
    channel.connect_seconds, channel.answer_seconds = 15, 30
    channel.save()
    taken = prescribe(world, code="", text="Paracetamol 500 mg")
    refused = prescribe(world)
    work_off()
    assert set(MessageState.objects.values_list("state", flat=True)) == {"delivered"}
    refusal = OrderRefusal.objects.get()
    assert (refusal.medication, refusal.text) == (refused, "Hết thuốc trong kho")
    assert refusal.medication != taken
    notice = Notice.objects.get(kind="orders.refused")
    assert notice.cause_gone_at is None
    assert list(notice.recipients.values_list("user", flat=True)) == [world[0].pk]
