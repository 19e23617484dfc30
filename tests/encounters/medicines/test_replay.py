"""What carts kept while the network was away, told in one request: once each, answered the same for ever, nothing lost."""

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.medicines import api
from encounters.medicines.models import (
    DeviceEvent,
    DueDose,
    GivingConflict,
    InfusionStep,
    MedicationAdministration,
)
from encounters.orders import services as orders
from encounters.results.models import Observation
from encounters.visits import services as visits
from patients.registry.services import restrict_patient
from tests.emr.people import make_user
from tests.encounters.medicines.doses import give, make_cuc, make_world, once, order
from tests.encounters.medicines.test_together import in_threads
from tests.encounters.specimens.tubes import neighbour
from tests.encounters.visits.ward import department, discharge, signed_in

pytestmark = pytest.mark.django_db
Event = dict[str, Any]


def event(
    kind: str, stay: Any, *, minutes: float = 10, skew: dt.timedelta = dt.timedelta(), **facts: Any
) -> Event:
    """An act of so many minutes ago, by a clock that is wrong by `skew`."""
    at = now() + skew - dt.timedelta(minutes=minutes)
    told = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in facts.items()}
    return {
        "key": str(uuid.uuid4()),
        "kind": kind,
        "happened_at": at.isoformat(),
        "stay": str(stay.uuid),
        **told,
    }


def send(client: Client, *events: Event, skew: dt.timedelta = dt.timedelta()) -> list[dict[str, str]]:
    body = {"device": "xe-1", "sent_at": (now() + skew).isoformat(), "events": list(events)}
    address = reverse("encounters:medicines:device_events")
    while (sent := client.post(address, json.dumps(body), "application/json")).status_code == 503:
        assert int(sent["Retry-After"]) >= 1  # another device's turn
        time.sleep(0.05)
    assert sent.status_code == 200, sent.content
    answers: list[dict[str, str]] = sent.json()["answers"]
    assert [answer["key"] for answer in answers] == [one["key"] for one in events]
    return answers


def test_a_night_of_a_cart_is_kept_once_and_sent_again_it_is_answered_the_same() -> None:
    """F-20, F-21."""
    an, binh, stay = make_world()
    client = signed_in(binh)
    given, skipped = once(stay, an, minutes=-20), once(stay, an, minutes=-20, text="B")
    drip = once(stay, an, minutes=-30, text="Natri clorid", route="IVI", rate="30 giọt/phút")
    needed = order(stay, an, text="Paracetamol", times_per_day=None, as_needed=True, as_needed_for="sốt")
    begun = event("give", stay, dose=drip.uuid, minutes=29)
    night = [
        event("vital-signs", stay, values={"pulse": 84, "temperature": "37.5"}, minutes=31),
        begun,
        event("give", stay, dose=given.uuid),
        event("not-given", stay, dose=skipped.uuid, reason="refused"),
        event("give-needed", stay, order=needed.uuid, how="hand", hand_reason="Tủ trực", minutes=8),
        event("step", stay, giving=uuid.UUID(begun["key"]), step="rate", rate="40 giọt/phút", minutes=7),
        event("step", stay, giving=uuid.UUID(begun["key"]), step="end", volume_ml="480", minutes=2),
    ]
    first = send(client, *night)
    assert [answer["status"] for answer in first] == ["done"] * 7, first
    assert send(client, *reversed(night)) == first[::-1]
    assert MedicationAdministration.objects.count() == 4
    assert InfusionStep.objects.count() == 3
    assert Observation.objects.count() == 2
    assert DeviceEvent.objects.count() == 7
    kept = MedicationAdministration.objects.get(dose=given)
    assert (kept.is_replay, kept.performer, kept.how) == (True, binh, "scan")
    assert DueDose.objects.filter(outcome="given").count() == 3
    assert AuditEvent.objects.filter(action="device_event.replay").count() == 2


def test_a_clock_that_is_wrong_is_put_right_and_both_are_kept() -> None:
    an, binh, stay = make_world()
    dose, skew = once(stay, an, minutes=-20), dt.timedelta(minutes=-95)
    send(signed_in(binh), event("give", stay, dose=dose.uuid, skew=skew), skew=skew)
    row, kept = MedicationAdministration.objects.get(), DeviceEvent.objects.get()
    assert abs(row.happened_at - (now() - dt.timedelta(minutes=10))) < dt.timedelta(minutes=1)
    assert row.told_at == kept.told_at
    assert abs(kept.told_at - (now() + skew - dt.timedelta(minutes=10))) < dt.timedelta(minutes=1)


def test_what_can_t_stand_waits_and_what_is_refused_is_kept_too() -> None:
    """F-22: another nurse was first; another patient's label; a dose that nobody knows."""
    an, binh, stay = make_world()
    cuc, hoa = make_cuc(), neighbour()
    dose, wrong = once(stay, an, minutes=-20), once(stay, an, minutes=-20, text="B")
    give(dose, cuc)
    answers = send(
        signed_in(binh),
        event("give", stay, dose=dose.uuid),
        event("give", hoa, dose=wrong.uuid),
        event("give", stay, dose=uuid.uuid4()),
        event("give", stay, dose="not an id"),
        event("dance", stay),
        event("step", stay, giving=uuid.uuid4(), step="end", volume_ml="5"),
        event("vital-signs", stay, values={"pulse": 9000}),
        event("not-given", stay, dose=wrong.uuid, reason="\x00"),
        event("not-given", stay, dose=wrong.uuid, reason="\ud800"),
        event("give", stay, dose=wrong.uuid) | {"happened_at": "0001-01-01T00:00:00+14:00"},
    )
    assert [(answer["status"], answer["code"]) for answer in answers] == [
        ("conflict", "answered"),
        ("conflict", "rule"),
        ("refused", "no_such_dose"),
        ("refused", "unreadable"),
        ("refused", "unknown_kind"),
        ("refused", "no_such_infusion"),
        ("refused", "impossible"),
        *[("refused", "unreadable")] * 3,
    ]
    assert GivingConflict.objects.filter(dose=wrong, refusal__icontains="SAI NGƯỜI BỆNH").exists()
    assert DeviceEvent.objects.filter(status="refused").count() == 5


def test_a_key_is_its_persons_and_its_acts() -> None:
    """S-54."""
    an, binh, stay = make_world()
    first = event("give", stay, dose=once(stay, an, minutes=-20).uuid)
    other = first | {"dose": str(once(stay, an, minutes=-20, text="B").uuid)}
    assert send(signed_in(binh), first)[0]["status"] == "done"
    for client, sent in ((signed_in(binh), other), (signed_in(make_cuc()), first)):
        [answer] = send(client, sent)
        assert (answer["status"], answer["code"]) == ("refused", "key_reused")
    assert MedicationAdministration.objects.count() == 1


def test_the_patient_was_moved_or_left_meanwhile() -> None:
    an, binh, stay = make_world()
    before, after, late = (once(stay, an, minutes=-20, text=text) for text in "ABC")
    told = event("give", stay, dose=before.uuid)
    visits.transfer(encounter=stay, department=department(("K19", "Khoa Ngoại")), by=an)
    assert [a["status"] for a in send(signed_in(binh), told)] == ["done"]
    [afterwards] = send(signed_in(binh), event("give", stay, dose=after.uuid, minutes=-0.1))
    assert (afterwards["status"], afterwards["code"]) == ("refused", "not_yours")
    there = signed_in(make_user("xa", "Lý Thị Xa", "nurse", department(("K19", "Khoa Ngoại"))))
    told = event("give", stay, dose=late.uuid, minutes=2)
    stay.refresh_from_db()
    discharge(stay, by=an)
    assert [a["status"] for a in send(there, told)] == ["done"]


def test_strangers_restricted_patients_and_whoever_isn_t_signed_in() -> None:
    an, _binh, stay = make_world()
    dose = once(stay, an, minutes=-20)
    far = signed_in(make_user("xa", "Lý Thị Xa", "nurse", department(("K19", "Khoa Ngoại"))))
    [answer] = send(far, event("give", stay, dose=dose.uuid))
    assert answer["code"] == "not_yours"
    restrict_patient(patient=stay.patient, level="V", reason="hiv", by=an)
    cuc = signed_in(make_cuc())
    assert send(cuc, event("give", stay, dose=dose.uuid))[0]["code"] == "not_yours"
    address = reverse("encounters:medicines:device_events")
    assert Client().post(address, "{}", "application/json").status_code == 401
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = cuc.cookies
    assert forged.post(address, "{}", "application/json").status_code == 403
    assert signed_in(an).post(address, "{}", "application/json").status_code == 403
    for body in ("{}", "nothing", '{"sent_at": "2026-11-28T09:00:00+07:00", "events": [1]}'):
        assert cuc.post(address, body, "application/json").status_code == 400
    assert not MedicationAdministration.objects.exists()
    assert cuc.post(address, {"events": "[]"}).status_code == 400  # a form is none
    with api._turn:
        busy = cuc.post(address, "{}", "application/json")
    assert (busy.status_code, "Retry-After" in busy) == (503, True)


@pytest.mark.django_db(transaction=True)
def test_the_same_cart_over_two_connections_at_once() -> None:
    an, binh, stay = make_world()
    night = [event("give", stay, dose=once(stay, an, minutes=-20, text=text).uuid) for text in "ABCD"]
    night += [event("vital-signs", stay, values={"pulse": 80 + n}, minutes=n + 1) for n in range(4)]
    clients = [signed_in(binh) for _number in range(3)]
    answers: list[list[dict[str, str]]] = []

    def tell(client: Client) -> Callable[[], None]:
        def act() -> None:
            found = send(client, *night)
            while any(answer["status"] == "retry" for answer in found):
                found = send(client, *night)
            answers.append(found)

        return act

    in_threads(*[tell(client) for client in clients])
    assert answers[0] == answers[1] == answers[2]
    assert {answer["status"] for answer in answers[0]} == {"done"}
    assert MedicationAdministration.objects.count() == 4
    assert Observation.objects.count() == 4


class TestAnyOrder(TestCase):
    """Three carts, wrong clocks, lost answers, orders that change between; each example in its own transaction."""

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_every_act_has_one_answer_for_ever(self, data: st.DataObject) -> None:
        an, binh, stay = make_world()
        nurses: list[User] = [binh, make_cuc(), make_user("dung", "Lý Thị Dung", "nurse", department())]
        carts = [signed_in(nurse) for nurse in nurses]
        skews = [dt.timedelta(0), dt.timedelta(minutes=47), dt.timedelta(minutes=-95)]
        doses = [once(stay, an, minutes=-60, text=f"Thuốc {number}") for number in range(3)]
        queues: list[list[Event]] = [[], [], []]
        for cart in range(3):
            for _number in range(data.draw(st.integers(1, 4))):
                minutes = data.draw(st.integers(0, 50))
                kind = data.draw(st.sampled_from(["give", "give", "not-given", "vital-signs"]))
                facts: Event = {"values": {"pulse": 60 + minutes}}
                if kind != "vital-signs":
                    facts = {"dose": data.draw(st.sampled_from(doses)).uuid}
                if kind == "not-given":
                    facts |= {"reason": "refused"}
                queues[cart].append(event(kind, stay, minutes=minutes, skew=skews[cart], **facts))
        answered: dict[str, dict[str, str]] = {}
        for _turn in range(data.draw(st.integers(3, 8))):
            cart = data.draw(st.integers(0, 2))
            some = data.draw(
                st.lists(st.sampled_from(queues[cart]), unique_by=lambda one: one["key"], max_size=4)
            )
            if data.draw(st.booleans()):
                row = data.draw(st.sampled_from(doses)).order
                row.refresh_from_db()
                if row.status == "active":
                    orders.stop_order(order=row, reason="Đổi ý", by=an)
            for answer in send(carts[cart], *some, skew=skews[cart]):
                assert answered.setdefault(answer["key"], answer) == answer
                assert answer["status"] in {"done", "conflict"}
        keys = {str(key) for key in MedicationAdministration.objects.values_list("key", flat=True)}
        keys |= {str(key) for key in GivingConflict.objects.values_list("key", flat=True)}
        keys |= {str(key) for key in Observation.objects.values_list("batch", flat=True)}
        assert keys == set(answered)
        for dose in doses:
            held = MedicationAdministration.objects.filter(dose=dose).exclude(status="entered-in-error")
            assert held.count() <= 1
