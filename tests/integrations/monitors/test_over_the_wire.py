"""The simulator as its help says, the listener as the hospital runs it, a delivery: a nurse confirms what came."""

import subprocess
import sys

import pytest

from encounters.results.models import Observation
from integrations.monitors import selectors, services
from integrations.monitors.models import MonitorReading
from integrations.transport.models import Message
from tests.emr.people import make_binh
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.integrations.conftest import state, work_off
from tests.integrations.monitors.shown import make_channel, make_monitor, put_on
from tests.integrations.peers import ROOT, listening

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_simulator_s_monitor_measures_who_is_on_it_and_the_other_nobody() -> None:
    binh, stay = make_binh(department()), admit(at=ago(hours=5), bed=make_bed("01"))
    make_channel(stay.facility)
    put_on(make_monitor(department(), binh, "SIM-01"), binh, stay=stay)
    with listening() as running:
        command = [sys.executable, "-u", "-m", "integrations.monitors.simulator", "--once", "--seed", "7"]
        command += ["--port", str(running.port), "--monitor", "SIM-01", "--monitor", "SIM-02"]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    assert "SIMULATOR: these are no real monitors" in said.stdout
    assert said.stdout.count("→ AA") + said.stdout.count("→ CA") == 2
    work_off()
    taken, nobodys = Message.objects.order_by("pk")
    assert (state(taken), state(nobodys)) == ("applied", "superseded")
    assert set(MonitorReading.objects.values_list("code", flat=True)) == {
        "8867-4",
        "59408-5",
        "9279-1",
        "8310-5",
        "8480-6",
        "8462-4",
    }
    assert not Observation.objects.exists()
    offer = selectors.offers_of(stay.facility_id, [stay.pk])[stay.pk]
    services.confirm(
        encounter=stay, readings=[one.reading.uuid for one in offer.shown], by=binh, key=offer.key
    )
    assert Observation.objects.filter(encounter=stay, performer=binh).count() == 6
