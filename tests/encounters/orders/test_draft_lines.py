"""A line of a draft entry is changed where it stands; a refusal loses nothing, a confirmed line is refused."""

from typing import Any

import pytest
from django.urls import reverse

from encounters.orders import services
from encounters.orders.models import MedicationRequest, ServiceRequest
from tests.emr.people import make_chi
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.visits.ward import signed_in

pytestmark = pytest.mark.django_db


def test_a_draft_line_is_changed_without_striking_it() -> None:
    an, stay = make_world()
    entry = make_entry(stay, an)
    services.add_quick(entry=entry, choice="", typed="amox 500 2x3 5n", by=an)
    services.add_quick(entry=entry, choice="service:XN0001", typed="", by=an)
    order, test = MedicationRequest.objects.get(), ServiceRequest.objects.get()
    address = reverse("encounters:orders:draft", args=[order.uuid])
    client = signed_in(an)
    html = client.get(address).content.decode()
    assert f'hx-post="{address}"' in html
    assert 'value="TH0017"' in html
    told: dict[str, Any] = {
        "code": order.code,
        "code_text": order.text,
        "dose": "1,5",
        "dose_unit": "vien",
        "times_per_day": "2",
        "route": "PO",
        "days": "7",
        "note": "sau ăn",
    }
    refused = client.post(address, told | {"days": "500"})
    assert refused.status_code == 422
    assert 'value="500"' in refused.content.decode()
    assert client.post(address, told).status_code == 200
    order.refresh_from_db()
    assert (str(order.dose), order.times_per_day, order.days, order.note) == ("1.500", 2, 7, "sau ăn")
    assert (order.status, order.ingredient, order.position) == ("draft", "Amoxicilin", 1)
    changed = told | {"code": "TH0001", "code_text": "Paracetamol 500 mg (viên nén)"}
    client.post(address, changed)
    order.refresh_from_db()
    assert order.ingredient == "Paracetamol"
    of_test = reverse("encounters:orders:draft", args=[test.uuid])
    client.post(of_test, {"code": test.code, "code_text": test.text, "clinical_question": "Thiếu máu?"})
    test.refresh_from_db()
    assert test.clinical_question == "Thiếu máu?"
    assert signed_in(make_chi()).get(address).status_code == 404
    confirm(entry, an)
    assert client.post(address, told).status_code == 409
    order.refresh_from_db()
    assert order.ingredient == "Paracetamol"
