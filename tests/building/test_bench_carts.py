"""What part (x) of `make bench` tells is what carts tell: every act of it is kept, and its pages are there."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from encounters.medicines.models import DeviceEvent
from integrations.demo import hospital
from tests.encounters.chart import load_forms
from tools.bench import carts

pytestmark = pytest.mark.django_db


def test_every_act_of_the_night_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carts, "CARTS", 2)
    monkeypatch.setattr(carts, "ACTS", 20)
    load_forms()
    people = hospital.build_people(hospital.build_facility())
    night = carts.prepare(people["bacsi"], people["dieuduong"])
    assert [len(acts) for acts in night.carts] == [20, 20]
    assert len(set(night.cookies)) == 2
    client = Client()
    client.force_login(people["dieuduong"], backend="emr.accounts.backends.StaffBackend")
    for acts in night.carts:
        body = json.dumps({"sent_at": timezone.now().isoformat(), "events": acts})
        answer = client.post(reverse("encounters:medicines:device_events"), body, "application/json")
        assert {one["status"] for one in answer.json()["answers"]} == {"done"}
    assert DeviceEvent.objects.count() == 40
    assert [client.get(page).status_code for page in night.pages] == [200, 200, 200]
