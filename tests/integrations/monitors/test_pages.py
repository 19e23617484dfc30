"""The nurse's scan, the ward's panel, the one key, and who registers monitors."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import Organization, User
from encounters.monitoring.models import EarlyWarning
from encounters.results.models import Observation
from encounters.visits.models import Encounter
from integrations.monitors.models import DiscardedReadings, Monitor, MonitorUse
from patients.registry import systems
from patients.registry.services import restrict_patient
from tests.emr.people import make_an, make_binh, make_chi, make_user
from tests.encounters.monitoring.rounds import WELL, take
from tests.encounters.visits.ward import admit, ago, department, make_bed, signed_in
from tests.integrations.conftest import Send
from tests.integrations.monitors.shown import HEART, make_channel, make_monitor, pcd, put_on
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def page(name: str, *args: Any) -> str:
    return reverse(f"integrations:monitors:{name}", args=args)


@pytest.fixture
def binh(facility: Organization) -> User:
    return make_binh(department())


@pytest.fixture
def stay(facility: Organization) -> Encounter:
    return admit(at=ago(hours=6), bed=make_bed("01"))


@pytest.fixture
def monitor(binh: User) -> Monitor:
    return make_monitor(department(), binh)


def wristband(stay: Encounter) -> str:
    return stay.patient.identifiers.get(system=systems.mrn(stay.facility)).value


def hidden(answer: Any, name: str) -> str:
    words = answer.content.decode()
    return words.split(f'name="{name}" value="')[1].split('"')[0] if f'name="{name}" value="' in words else ""


@pytest.mark.parametrize("first", ["monitor", "wristband"])
def test_the_monitor_and_the_wristband_are_scanned_in_whichever_order(
    binh: User, stay: Encounter, monitor: Monitor, first: str
) -> None:
    client, codes = signed_in(binh), ["mon1", wristband(stay)]
    if first == "wristband":
        codes.reverse()
    held = client.post(page("scan"), {"code": codes[0], "key": str(uuid.uuid4())})
    assert held.status_code == 200 and not MonitorUse.objects.exists()
    kept = {name: value for name in ("monitor", "stay", "key") if (value := hidden(held, name))}
    for _again in range(2):
        done = client.post(page("scan"), kept | {"code": codes[1]}, follow=True)
        assert "Máy MON1" in done.content.decode()
    use = MonitorUse.objects.get()
    assert use.place is not None
    assert (use.place.encounter, use.started_by, str(use.key)) == (stay, binh, kept["key"])
    lost = client.post(page("scan"), kept | {"code": "KHONGCO9"})
    assert lost.status_code == 422 and "KHONGCO9" in lost.content.decode()
    client.post(page("free", monitor.uuid))
    use.refresh_from_db()
    assert (use.end, use.ended_by) == ("by-hand", binh)


def test_a_stranger_s_patient_gets_no_monitor(binh: User, monitor: Monitor, facility: Organization) -> None:
    far = admit(
        make_patient("Lê Văn Hùng", sex="male"), department=department(("K19", "Khoa Ngoại")), at=ago(hours=3)
    )
    answer = signed_in(binh).post(page("scan"), {"code": wristband(far), "monitor": str(monitor.uuid)})
    assert answer.status_code in {403, 404, 422}
    assert not MonitorUse.objects.exists()


def test_the_ward_confirms_a_line_and_the_patient_s_page_has_one_key(
    send: Send, binh: User, stay: Encounter, monitor: Monitor
) -> None:
    take(stay, binh, WELL, effective_at=ago(hours=1))
    before = Observation.objects.count()
    put_on(monitor, binh, stay=stay)
    send(pcd())
    client = signed_in(binh)
    ward = client.get(page("of_ward", department().uuid), headers={"HX-Request": "true"})
    words = ward.content.decode()
    assert "82 /ph" in words and "Máy MON1" in words
    assert 'data-keys="F8"' in client.get(page("of_stay", stay.uuid)).content.decode()
    told = {"key": hidden(ward, "key"), "reading": _readings(words)}
    told |= {name: hidden(ward, name) for name in ("consciousness", "oxygen_flow")}
    for _again in range(2):
        line = client.post(page("confirm", stay.uuid), told, headers={"HX-Request": "true"})
        assert line.status_code == 200 and "Đã lưu" in line.content.decode()
    assert Observation.objects.count() == before + 8
    assert EarlyWarning.objects.count() == 2, "consciousness and oxygen as last time make it whole"
    assert "82 /ph" not in client.get(page("of_ward", department().uuid)).content.decode()
    nobodys = client.post(page("confirm", stay.uuid), told | {"reading": [str(uuid.uuid4())]})
    assert nobodys.status_code == 422
    broken = client.post(page("confirm", stay.uuid), {"reading": ["x"], "key": "y"})
    assert broken.status_code == 422


def _readings(words: str) -> list[str]:
    return [part.split('"')[0] for part in words.split('name="reading" value="')[1:]]


def test_what_is_odd_is_asked_on_a_page_of_its_own_and_sent_once_more(
    send: Send, binh: User, stay: Encounter, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    send(pcd((HEART[0], "190", HEART[2])))
    client = signed_in(binh)
    shown = client.get(page("of_stay", stay.uuid))
    told = {"key": hidden(shown, "key"), "reading": _readings(shown.content.decode())}
    asked = client.post(page("confirm", stay.uuid), told)
    words = asked.content.decode()
    assert asked.status_code == 422 and "190" in words
    again = {"key": hidden(asked, "key"), "reading": _readings(words), "confirmed": "1"}
    assert again["key"] == told["key"] and again["reading"] == told["reading"]
    assert client.post(page("confirm", stay.uuid), again).status_code == 302
    assert Observation.objects.get().value == 190


def test_who_registers_a_monitor_sees_what_was_used_for_nobody_and_no_patient(
    send: Send, binh: User, stay: Encounter
) -> None:
    channel = make_channel(stay.facility)
    send(pcd(monitor="NEW7"))
    put_on(make_monitor(department(), binh), binh, stay=stay)
    office = make_user("tich", "Kỹ thuật viên", "integration", department())
    client = signed_in(office)
    listed = client.get(page("monitors"))
    words = listed.content.decode()
    assert "NEW7" in words and stay.patient.full_name not in words and "một người bệnh" in words
    seen = DiscardedReadings.objects.get()
    form = client.get(page("add") + f"?seen={seen.uuid}").content.decode()
    assert 'value="NEW7"' in form
    told = {
        "channel": channel.pk,
        "identifier": "NEW7",
        "label": "",
        "name": "",
        "department": department().pk,
    }
    assert client.post(page("add"), told).status_code == 302
    assert client.post(page("add"), told).status_code == 422
    new = Monitor.objects.get(identifier="NEW7")
    assert (new.label, new.registered_by) == ("NEW7", office)
    assert not DiscardedReadings.objects.exists()
    changed = {"label": "M-7", "name": "Máy 7", "department": department().pk}
    assert client.post(page("monitor", new.uuid), changed).status_code == 302
    new.refresh_from_db()
    assert (new.label, new.is_active) == ("M-7", False)


def test_a_restricted_patient_is_in_no_panel(
    send: Send, binh: User, stay: Encounter, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    send(pcd(HEART))
    restrict_patient(patient=stay.patient, level="V", reason="hiv", by=make_an(department()))
    client = signed_in(binh)
    for address in (page("of_ward", department().uuid), page("monitors"), page("monitor", monitor.uuid)):
        answer = client.get(address)
        assert answer.status_code == 200 and stay.patient.full_name not in answer.content.decode()
    assert client.get(page("of_stay", stay.uuid)).status_code == 404


def test_a_stranger_sees_no_monitor_and_without_any_the_panel_asks_no_more(
    binh: User, stay: Encounter
) -> None:
    client = signed_in(binh)
    assert client.get(page("of_ward", department().uuid)).status_code == 286
    assert client.get(page("of_stay", stay.uuid)).status_code == 286
    monitor = make_monitor(department(), binh)
    stranger = signed_in(make_chi())
    assert stranger.get(page("monitor", monitor.uuid)).status_code in {403, 404}
    assert stranger.post(page("free", monitor.uuid)).status_code in {403, 404}


def test_the_queries_do_not_grow_with_the_ward(send: Send, binh: User, monitor: Monitor) -> None:
    client = signed_in(binh)
    _fill(send, binh, 1)
    one = _queries(client)
    _fill(send, binh, 4)
    assert _queries(client) == one


def _fill(send: Send, binh: User, count: int) -> None:
    start = Monitor.objects.count()
    for number in range(start, start + count):
        stay = admit(make_patient(f"Người Bệnh {number}"), at=ago(hours=2), bed=make_bed(f"{number + 20}"))
        put_on(make_monitor(department(), binh, f"MON{number + 50}"), binh, stay=stay)
        send(pcd(HEART, monitor=f"MON{number + 50}"))


def _queries(client: Client) -> int:
    """What the list and the ward's panel cost."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page("monitors")).status_code == 200
        assert client.get(page("of_ward", department().uuid)).status_code == 200
    return len(seen)
