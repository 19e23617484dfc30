"""Tables of what may be ordered: taken in whole or not at all; a changed price ends the old row and begins a new one."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.common.clock import local_today
from encounters.orders import services
from encounters.orders.models import KnowledgeRule, OrderableService, OrderSet, ReuseWindow
from encounters.orders.selectors.catalogue import services_by_code
from encounters.orders.services import BadRows, import_table, load_shipped, shipped
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.visits.ward import department

pytestmark = pytest.mark.django_db


def _planner() -> Client:
    user = make_user(
        "tung", "Phan Thanh Tùng", "planning", make_department(make_facility(), "P01", "Phòng KH")
    )
    client = Client()
    client.force_login(user)
    return client


def test_the_shipped_tables_load_and_loading_again_changes_nothing() -> None:
    facility = make_facility()
    assert load_shipped(facility=facility) > 200
    assert load_shipped(facility=facility) == 0
    assert OrderableService.objects.count() >= 40
    assert ReuseWindow.objects.get(code="XN0013").hours == 60 * 24
    assert OrderSet.objects.get(code="VK5").lines.count() == 5
    assert KnowledgeRule.objects.filter(kind="interaction").count() >= 60


def test_a_new_price_begins_on_its_day_and_the_old_one_ends() -> None:
    facility = make_facility()
    load_shipped(facility=facility)
    text = shipped("services").decode()
    line = next(line for line in text.splitlines() if line.startswith("XN0013,"))
    head = text.splitlines()[0]
    day = local_today() + dt.timedelta(days=10)
    changed = line.replace(",102000,", ",120000,").rsplit(",", 2)[0] + f",{day.isoformat()},"
    content = f"{head}\n{changed}\n".encode()
    assert import_table(facility=facility, name="services", content=content, by=None) == 1
    assert import_table(facility=facility, name="services", content=content, by=None) == 0
    old, new = OrderableService.objects.filter(code="XN0013").order_by("price")
    assert (old.price, old.valid_to) == (102000, day - dt.timedelta(days=1))
    assert (new.price, new.valid_from, new.valid_to) == (120000, day, None)
    assert services_by_code(facility.pk, ["XN0013"])["XN0013"].price == 102000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("windows", "code,hours\nXN1,24\n"),
        ("windows", "code,hours,basis,valid_from,valid_to\nXN1,24,Mẫu,,\nXN2,mai,Mẫu,,\n"),
        ("windows", "code,hours,basis,valid_from,valid_to\nXN1,24,,,\n"),
        ("sets", "set,name,kind,department,diagnosis,category,code,text\nA,B,panel,,,medication,,amox\n"),
        ("sets", "set,name,kind,department,diagnosis,category,code,text\nA,B,box,,,laboratory,XN1,CTM\n"),
        ("rules", "code,kind,subject\n"),
    ],
)
def test_a_file_with_a_bad_row_changes_nothing_and_says_which(name: str, content: str) -> None:
    with pytest.raises(BadRows) as bad:
        import_table(facility=make_facility(), name=name, content=content.encode(), by=None)
    assert bad.value.problems
    assert not ReuseWindow.objects.exists()
    assert not OrderSet.objects.exists()


def test_the_planning_office_looks_after_them_in_the_browser() -> None:
    client = _planner()
    page = reverse("encounters:orders:table", args=["services"])
    assert client.get(page).status_code == 200
    assert client.post(page, {"shipped": "1"}).status_code == 302
    html = client.get(page, {"q": "cong thuc mau"}).content.decode()
    assert "XN0001" in html
    assert "XN0013" not in html
    assert client.post(page, {}).status_code == 422
    file = SimpleUploadedFile("x.csv", b"code,hours,basis,valid_from,valid_to\nXN1,0,M,,\n")
    refused = client.post(reverse("encounters:orders:table", args=["windows"]), {"file": file})
    assert refused.status_code == 422
    for name in services.TABLES:
        address = reverse("encounters:orders:table", args=[name])
        client.post(address, {"shipped": "1"})
        given = client.get(reverse("encounters:orders:table_file", args=[name])).content
        assert import_table(facility=make_facility(), name=name, content=given, by=None) == 0
        assert client.get(address, {"q": "a"}).status_code == 200
    assert client.get(reverse("encounters:orders:table", args=["nothing"])).status_code == 404


def test_a_page_of_fifty_costs_as_much_as_a_page_of_one() -> None:
    client = _planner()
    load_shipped(facility=make_facility())
    for name in services.TABLES:
        address = reverse("encounters:orders:table", args=[name])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 14, name


def test_nobody_else_changes_what_may_be_ordered() -> None:
    doctor = make_user("an", "Nguyễn Văn An", "doctor", department())
    client = Client()
    client.force_login(doctor)
    assert client.get(reverse("encounters:orders:table", args=["rules"])).status_code == 403
