"""What an order says besides its name: when, how much at most, whom to phone; its numbers; the day of use."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.outbox.registry import subscribe
from emr.terminology.models import CodeSystem, Concept
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.orders import services
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.selectors import lines, orders_of_entry
from encounters.visits.models import Encounter
from tests.encounters import chart
from tests.encounters.visits.ward import ago, signed_in

pytestmark = pytest.mark.django_db

AMOXICILLIN = {"code": "TH0017", "text": "Amoxicilin 500 mg", "route": "PO", "dose": 1, "dose_unit": "vien"}


@pytest.fixture
def stay() -> tuple[User, Encounter]:
    system = CodeSystem.objects.create(code="medicine", url="urn:t:medicine", title="Thuốc")
    for code, ingredient, group in (
        ("TH0017", "Amoxicilin", "Kháng sinh"),
        ("TH0018", "Amoxicilin + acid clavulanic", "Kháng sinh"),
        ("TH0001", "Paracetamol", "Giảm đau, hạ sốt"),
    ):
        Concept.objects.create(
            system=system,
            code=code,
            display=ingredient,
            search_text=f" {ingredient.lower()} ",
            properties={"ingredient": ingredient, "group": group},
        )
    return chart.make_stay(at=ago(days=6), late_reason="Nhập lại")


def _entry(stay: Encounter, by: User, days: int) -> Document:
    entry = chart.begin(stay, by, happened_at=ago(days=days), late_reason="Nhập lại" if days else "")
    documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=by)
    return entry


def _confirm(entry: Document, by: User) -> None:
    documents.finalize_document(document=entry, revision=chart.draft_of(entry).revision, by=by)


def test_days_of_an_antibiotic_are_counted_from_earlier_orders(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    first = _entry(encounter, an, 4)
    order = services.add_medication(entry=first, by=an, times_per_day=3, days=2, **AMOXICILLIN)
    assert (order.ingredient, order.day_number) == ("Amoxicilin", 1)
    _confirm(first, an)
    third = _entry(encounter, an, 2)
    again = services.add_medication(entry=third, by=an, times_per_day=3, **AMOXICILLIN)
    other = services.add_medication(entry=third, by=an, times_per_day=2, **(AMOXICILLIN | {"code": "TH0018"}))
    fever = services.add_medication(entry=third, by=an, times_per_day=2, **(AMOXICILLIN | {"code": "TH0001"}))
    assert (again.day_number, other.day_number, fever.day_number) == (3, 1, None)
    _confirm(third, an)
    # A day without it ends the count.
    today = _entry(encounter, an, 0)
    assert services.add_medication(entry=today, by=an, times_per_day=3, **AMOXICILLIN).day_number == 1


def test_a_number_that_the_doctor_typed_is_carried_on(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    first = _entry(encounter, an, 1)
    services.add_medication(entry=first, by=an, times_per_day=3, day_number=4, **AMOXICILLIN)
    _confirm(first, an)
    today = _entry(encounter, an, 0)
    services.copy_orders(source=first, target=today, by=an)
    assert MedicationRequest.objects.get(entry=today).day_number == 5


def test_numbers_are_given_when_the_doctor_confirms_and_never_twice(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    entry = _entry(encounter, an, 0)
    services.add_medication(entry=entry, by=an, times_per_day=3, **AMOXICILLIN)
    image = services.add_service(entry=entry, by=an, category="imaging", code="CDHA0001", text="X-quang")
    services.add_service(entry=entry, by=an, category="laboratory", code="XN0001", text="Công thức máu")
    assert (image.placer_number, image.accession_number) == ("", "")
    _confirm(entry, an)
    given = [order.placer_number for order in orders_of_entry(entry)]
    year = timezone.localdate().year % 100
    assert sorted(given) == [f"YL{year:02d}{n:07d}" for n in (1, 2, 3)]
    image.refresh_from_db()
    assert image.accession_number == f"CD{year:02d}0000001"
    assert len(image.accession_number) <= 16
    assert image.accession_system == f"urn:benhanmo:accession:{encounter.facility.code}"
    assert ServiceRequest.objects.get(category="laboratory").accession_number == ""


def test_a_system_completes_a_request_once_and_not_one_that_was_stopped(
    stay: tuple[User, Encounter],
) -> None:
    an, encounter = stay
    heard: list[int] = []
    subscribe("service_request.completed")(lambda delivery: heard.append(delivery.payload["order_id"]))
    entry = _entry(encounter, an, 0)
    done = services.add_service(entry=entry, by=an, category="laboratory", code="XN0001", text="CTM")
    stopped = services.add_service(entry=entry, by=an, category="laboratory", code="XN0002", text="VS")
    with pytest.raises(DomainError):
        services.complete_service_request(order=done, system="LIS")
    _confirm(entry, an)
    with pytest.raises(DomainError) as refusal:
        services.complete_service_request(order=done)
    assert refusal.value.code == "author_missing"
    for _ in range(2):
        done = services.complete_service_request(order=done, system="LIS")
    assert (done.status, done.status_changed_by, done.status_changed_as) == ("completed", None, "LIS")
    chart.deliver_all()
    assert heard == [done.pk]
    services.stop_order(order=stopped, reason="Nhầm", by=an)
    with pytest.raises(DomainError):
        services.complete_service_request(order=stopped, system="LIS")
    with pytest.raises(DomainError):
        services.enter_order_in_error(order=done, reason=" ", by=an)
    wrong = services.enter_order_in_error(order=done, reason="Nhầm người", by=an)
    assert (wrong.status, wrong.status_reason) == ("entered-in-error", "Nhầm người")


def test_the_line_says_limits_and_times_in_words(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    entry = _entry(encounter, an, 0)
    last = timezone.localdate() + dt.timedelta(days=2)
    needed = services.add_medication(
        entry=entry,
        by=an,
        as_needed=True,
        as_needed_for="sốt",
        most_per_dose=Decimal(2),
        most_per_day=Decimal(8),
        least_hours_between=Decimal(4),
        meal="after",
        priority="urgent",
        until_on=last,
        **AMOXICILLIN,
    )
    at = timezone.now() + dt.timedelta(hours=3)
    once = services.add_medication(entry=entry, by=an, occurrence_at=at, **AMOXICILLIN)
    services.add_service(
        entry=entry,
        by=an,
        category="laboratory",
        code="XN0001",
        text="CTM",
        specimen="BLD",
        call_to="BS. An 0912",
    )
    assert needed.days == 3
    first, second, third = (line["text"] for line in lines(orders_of_entry(entry)))
    for word in ("KHẨN", "sốt", "tối đa 2 vien mỗi lần", "8 vien", "4 giờ", "sau ăn", f"{last:%d/%m/%Y}"):
        assert word in first, first
    assert f"{timezone.localtime(at):%H:%M %d/%m/%Y}" in second
    assert once.times_per_day is None
    assert "BLD" in third
    assert "BS. An 0912" in third
    with pytest.raises(DomainError) as refusal:
        services.add_medication(
            entry=entry, by=an, times_per_day=1, until_on=last - dt.timedelta(days=9), **AMOXICILLIN
        )
    assert refusal.value.field == "until_on"
    with pytest.raises(DomainError) as refusal:
        services.add_medication(entry=entry, by=an, times_per_day=1, most_per_day=Decimal(0), **AMOXICILLIN)
    assert refusal.value.code == "invalid"


def test_the_stays_page_completes_takes_back_and_shows_what_ended(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    entry = _entry(encounter, an, 0)
    done = services.add_service(
        entry=entry, by=an, category="laboratory", code="XN0001", text="Công thức máu"
    )
    wrong = services.add_service(entry=entry, by=an, category="laboratory", code="XN0002", text="Máu lắng")
    _confirm(entry, an)
    client = signed_in(an)
    page = reverse("encounters:orders:of_stay", args=[encounter.uuid])
    change = {order: reverse("encounters:orders:change", args=[order.uuid]) for order in (done, wrong)}
    assert client.post(change[done], {"action": "complete"}).status_code == 302
    assert client.post(change[wrong], {"action": "error", "reason": ""}).status_code == 422
    assert client.post(change[wrong], {"action": "error", "reason": "Nhầm dòng"}).status_code == 302
    assert client.post(change[wrong], {"action": "resume"}).status_code == 422
    in_effect = client.get(page).content.decode()
    assert "Công thức máu" not in in_effect
    everything = client.get(page, {"state": "all"}).content.decode()
    done.refresh_from_db()
    for shown in ("Công thức máu", "Nhầm dòng", done.placer_number):
        assert shown in everything


def test_the_form_of_a_line_keeps_what_was_typed(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    entry = _entry(encounter, an, 0)
    client = signed_in(an)
    address = reverse("encounters:orders:editor", args=[entry.uuid])
    typed = {
        "kind": "medication",
        "code": "TH0001",
        "code_text": "Paracetamol 500 mg",
        "dose": "1",
        "dose_unit": "vien",
        "route": "PO",
        "days": "1",
        "as_needed": "on",
        "as_needed_for": "sốt",
        "most_per_day": "0",
        "least_hours_between": "4",
        "until_on": "01/01/2020",
        "priority": "stat",
    }
    refused = client.post(address, typed)
    assert refused.status_code == 422
    html = refused.content.decode()
    assert 'value="01/01/2020"' in html
    assert 'value="4"' in html
    refused = client.post(address, typed | {"most_per_day": "8"})
    assert refused.status_code == 422
    assert "Ngày này đã qua." in refused.content.decode()
    assert client.post(address, typed | {"most_per_day": "8", "until_on": ""}).status_code == 201
    order = MedicationRequest.objects.get()
    assert (order.priority, order.most_per_day, order.least_hours_between) == ("stat", 8, 4)
    laboratory = {
        "kind": "laboratory",
        "code": "XN0001",
        "code_text": "CTM",
        "specimen": "BLD",
        "call_to": "BS. An",
    }
    assert client.post(address, laboratory).status_code == 201
    assert (ServiceRequest.objects.get().specimen, ServiceRequest.objects.get().call_to) == ("BLD", "BS. An")
