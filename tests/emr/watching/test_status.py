"""The IT person's page: what is broken, since when, what to do."""

import datetime as dt
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from emr.common import health
from emr.common.clock import now
from emr.local import floors
from emr.storage.health import backup_trouble
from emr.storage.models import BackupRun
from emr.watching import clocks, pulses, selectors, services
from emr.watching.models import PartChange, Pulse
from tests.emr.people import make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def part() -> Iterator[list[str]]:
    """A part of the house whose state the test sets."""
    state = [""]
    health.register_part("lamp", lambda: state[0], title="Lamp", advice="Change the bulb.")
    yield state
    del health._parts["lamp"]


def signed_in(role: str) -> Client:
    client = Client()
    user = make_user("someone", "Phạm Văn Ai", role, make_department(make_facility()))
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


def changes() -> list[tuple[str, str]]:
    return list(PartChange.objects.filter(part="lamp").order_by("id").values_list("state", "reason"))


def test_a_change_is_written_down_once_however_often_one_looks(part: list[str]) -> None:
    services.look_around()
    services.look_around()
    part[0] = health.Caution("It flickers.")
    services.look_around()
    services.look_around()
    part[0] = "It is dark."
    services.look_around()
    part[0] = ""
    services.look_around()
    assert changes() == [
        ("well", ""),
        ("caution", "It flickers."),
        ("broken", "It is dark."),
        ("well", ""),
    ]


def test_the_page_says_since_when_and_what_to_do(part: list[str]) -> None:
    part[0] = "It is dark."
    services.look_around()
    PartChange.objects.filter(part="lamp").update(since=dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC))
    page = signed_in("admin").get("/administration/status/").content.decode()
    row = page.split('data-part="lamp"')[1].split("</tr>")[0]
    assert 'data-state="broken"' in row
    assert "It is dark." in row
    assert "22/11/2026 14:30" in row
    assert "Change the bulb." in row
    assert page.index('data-part="lamp"') < page.index('data-state="well"')


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("integration", 200), ("doctor", 403)])
def test_who_may_look(role: str, status: int) -> None:
    client = signed_in(role)
    assert client.get("/administration/status/").status_code == status
    assert client.get("/administration/status/panel/").status_code == status


def test_a_check_that_fails_tells_its_kind_and_not_what_it_read(part: list[str]) -> None:
    def fails() -> str:
        raise ValueError("Nguyễn Thị Đào 079180001234")

    health.register_part("lamp", fails, title="Lamp")
    row = next(row for row in selectors.state_of_the_house() if row.finding.part.name == "lamp")
    assert row.finding.reason == "ValueError"


def test_strangers_read_the_public_parts_alone(client: Client, part: list[str]) -> None:
    part[0] = "It is dark."
    parts = client.get("/health/ready").json()["parts"]
    promised = {"database", "redis", "worker", "storage", "signing", "channels"}
    assert set(parts) == promised | {"deliveries", "audit_seal", "audit_spool"}


def test_every_part_says_in_vietnamese_what_to_do() -> None:
    for part in health.parts():
        english = str(part.advice)
        with translation.override("vi"):
            assert str(part.advice), part.name
            assert str(part.advice) != english or translation.get_language() == "vi"


def test_silent_programs_are_named() -> None:
    assert "mllp" in pulses.silent_listeners()
    assert "worker" in pulses.silent_workers()
    for name in pulses.EXPECTED:
        pulses.beat(name)
    assert pulses.silent_listeners() == pulses.silent_workers() == ""
    Pulse.objects.filter(name__in=["mllp", "queue bulk"]).update(seen_at=now() - dt.timedelta(minutes=2))
    assert "mllp" in pulses.silent_listeners()
    assert "queue bulk" in pulses.silent_workers()
    assert "sync" not in pulses.silent_workers()


def test_a_clock_two_minutes_off_is_told(settings: Any) -> None:
    """F-27."""
    settings.EMR_NTP_SERVER = ""
    pulses.beat("worker", said_at=now() + dt.timedelta(seconds=110))
    assert clocks.trouble() == ""
    pulses.beat("worker", said_at=now() - dt.timedelta(seconds=130))
    assert "worker" in clocks.trouble()


class TimeServer:
    """An SNTP server that is so far off."""

    def __init__(self, off: float) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.name = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._off = off
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        _question, peer = self._socket.recvfrom(512)
        at = (now() - dt.datetime(1900, 1, 1, tzinfo=dt.UTC)).total_seconds() + self._off
        self._socket.sendto(b"\x24\x02" + bytes(38) + struct.pack("!II", int(at), 0), peer)
        self._socket.close()


@pytest.mark.parametrize(("off", "is_told"), [(0.0, False), (-150.0, True), (150.0, True)])
def test_this_machine_is_compared_with_the_time_server(settings: Any, off: float, is_told: bool) -> None:
    """F-27."""
    settings.EMR_NTP_SERVER = TimeServer(off).name
    assert bool(clocks.trouble()) is is_told


def test_a_time_server_that_does_not_answer_is_a_caution(settings: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMR_NTP_SERVER = f"127.0.0.1:{closed.getsockname()[1]}"
    assert isinstance(clocks.trouble(), health.Caution)


def run_of(hours: float, *, succeeded: bool = True) -> None:
    at = now() - dt.timedelta(hours=hours)
    BackupRun.objects.create(began_at=at, succeeded=succeeded, reason="" if succeeded else "disk full")


def test_a_backup_that_is_late_or_failed_is_told() -> None:
    assert backup_trouble()
    run_of(60)
    assert not isinstance(backup_trouble(), health.Caution)
    run_of(30)
    assert isinstance(backup_trouble(), health.Caution)
    run_of(2)
    assert backup_trouble() == ""
    run_of(1, succeeded=False)
    assert "disk full" in backup_trouble()


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def of(total: int, free: int) -> str:
        usage = type("usage", (), {"total": total * 1024**3, "free": free * 1024**3})
        monkeypatch.setattr(health.shutil, "disk_usage", lambda _folder: usage)
        return health.free_space(tmp_path)

    assert of(500, 400) == ""
    assert isinstance(of(500, 40), health.Caution)
    assert not isinstance(of(500, 10), health.Caution)
    assert of(500, 10)
    assert not isinstance(of(20, 1), health.Caution)


def test_versions_are_compared_by_their_numbers() -> None:
    assert floors.is_below("5.2.9", "5.2.18")
    assert not floors.is_below("5.2.18", "5.2.18")
    assert not floors.is_below("70.0", "70")
    assert floors.is_below("5.2.18rc1".replace("18rc1", "17"), "5.2.18")
    assert floors.old_server(150019)
    assert floors.old_server(150020) == ""
    assert floors.old_server(140099)
    assert floors.old_server(190000) == ""
