"""The worklist of who carries orders out: medicines and services, counted; no way to a chart that would be shut."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from encounters.documents import services as documents
from encounters.orders import services
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters import chart

pytestmark = pytest.mark.django_db
LIST = reverse("encounters:orders:worklist")


def _confirmed() -> str:
    an, stay = chart.make_stay()
    entry = chart.begin(stay, an)
    documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=an)
    services.add_medication(
        entry=entry,
        by=an,
        text="Amoxicilin 500 mg",
        route="PO",
        dose=Decimal(1),
        dose_unit="vien",
        times_per_day=3,
    )
    services.add_service(entry=entry, by=an, category="laboratory", text="Công thức máu")
    draft = chart.draft_of(entry)
    documents.finalize_document(document=entry, revision=draft.revision, by=an)
    return str(stay.uuid)


def _as(role: str) -> Client:
    user = make_user("nguoi", "Ngô Thị Hạnh", role, make_department(make_facility(), "K43", "Khoa Dược"))
    client = Client()
    client.force_login(user)
    return client


def test_the_pharmacist_sees_medicines_and_no_shut_door() -> None:
    stay = _confirmed()
    client = _as("pharmacist")
    html = client.get(LIST, {"category": "medication"}).content.decode()
    assert "Amoxicilin 500 mg" in html
    assert "Công thức máu" not in html.split("<main")[1]
    assert re.findall(r'href="([^"]*)" aria-current="true"', html.split("<main")[1]) == [
        "?category=medication"
    ]
    assert stay not in html
    assert "Công thức máu" in client.get(LIST).content.decode()
    home = client.get("/").content.decode()
    assert reverse("encounters:orders:today") in home
    panel = client.get(reverse("encounters:orders:today")).content.decode()
    assert f"{LIST}?category=medication" in panel
    assert f"{LIST}?category=laboratory" in panel


def test_the_doctor_goes_on_to_the_stay() -> None:
    stay = _confirmed()
    client = Client()
    client.force_login(chart.User.objects.get(username="an"))
    assert stay in client.get(LIST).content.decode()
    assert reverse("encounters:orders:today") not in client.get("/").content.decode()
