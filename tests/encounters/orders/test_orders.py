"""Orders are rows of an entry: drafted, in effect on confirmation, stopped and held with a reason."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from emr.accounts.models import User
from emr.common.errors import Conflict, DomainError
from emr.outbox.registry import subscribe
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentVersion
from encounters.orders import services
from encounters.orders.forms import MedicationForm
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.wording import medication_text
from encounters.visits.models import Encounter
from tests.encounters import chart

pytestmark = pytest.mark.django_db

AMOXICILLIN = {
    "text": "Amoxicilin 500 mg",
    "route": "PO",
    "dose": Decimal("1"),
    "dose_unit": "vien",
    "times_per_day": 3,
}


@pytest.fixture
def stay() -> tuple[User, Encounter]:
    return chart.make_stay()


@pytest.fixture
def entry(stay: tuple[User, Encounter]) -> Document:
    an, encounter = stay
    document = chart.begin(encounter, an)
    documents.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    return document


def _confirm(entry: Document, by: User) -> DocumentVersion:
    return documents.finalize_document(document=entry, revision=2, by=by)


def test_a_drafted_order_is_none_until_the_doctor_confirms(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, _ = stay
    order = services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    assert (order.status, order.confirmed_at) == ("draft", None)
    version = _confirm(entry, an)
    order.refresh_from_db()
    assert (order.status, order.confirmed_by) == ("active", an)
    assert order.confirmed_at is not None
    (line,) = version.composition["sections"]["orders"]["lines"]
    assert "Amoxicilin 500 mg" in line["text"]


def test_nothing_is_ordered_on_a_confirmed_entry(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    order = services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    _confirm(entry, an)
    with pytest.raises(Conflict):
        services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    with pytest.raises(Conflict):
        services.remove_draft(order=order, by=an)
    assert MedicationRequest.objects.count() == 1


def test_one_test_is_not_asked_for_twice_on_one_entry(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    services.add_service(entry=entry, by=an, category="laboratory", code="XN0001", text="Công thức máu")
    with pytest.raises(DomainError) as refusal:
        services.add_service(entry=entry, by=an, category="laboratory", code="XN0001", text="Công thức máu")
    assert refusal.value.code == "duplicate"
    assert ServiceRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"dose": Decimal("0")}, "dose"),
        ({"dose": Decimal("-1")}, "dose"),
        ({"times_per_day": None}, "times_per_day"),
        ({"times_per_day": None, "as_needed": True}, "as_needed_for"),
        ({"text": ""}, "text"),
        ({"days": 0}, "days"),
    ],
)
def test_an_order_that_nobody_could_carry_out_is_refused(
    entry: Document, stay: tuple[User, Encounter], line: dict[str, object], field: str
) -> None:
    an, _ = stay
    with pytest.raises(DomainError) as refusal:
        services.add_medication(entry=entry, by=an, **(AMOXICILLIN | line))  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert not MedicationRequest.objects.exists()


def test_an_order_in_effect_is_held_resumed_and_stopped_with_a_reason(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, _ = stay
    heard: list[str] = []
    subscribe("medication_request.revoked")(lambda delivery: heard.append(delivery.topic))
    order = services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    with pytest.raises(DomainError):
        services.stop_order(order=order, reason="x", by=an)
    _confirm(entry, an)
    for action in (services.stop_order, services.hold_order):
        with pytest.raises(DomainError):
            action(order=order, reason="  ", by=an)
    assert services.hold_order(order=order, reason="Nôn", by=an).status == "on-hold"
    assert services.resume_order(order=order, by=an).status == "active"
    stopped = services.stop_order(order=order, reason="Dị ứng", by=an)
    assert (stopped.status, stopped.status_reason, stopped.status_changed_by) == ("revoked", "Dị ứng", an)
    assert services.stop_order(order=order, reason="Lần hai", by=an).status_reason == "Dị ứng"
    chart.deliver_all()
    assert heard == ["medication_request.revoked"]
    with pytest.raises(DomainError):
        services.resume_order(order=order, by=an)


def test_an_entry_in_error_takes_its_orders_with_it(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    _confirm(entry, an)
    documents.enter_in_error(document=entry, reason="Nhầm người bệnh", by=an)
    assert MedicationRequest.objects.get().status == "entered-in-error"


def test_the_database_keeps_an_order_in_effect_from_being_unconfirmed(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, _ = stay
    services.add_medication(entry=entry, by=an, **AMOXICILLIN)
    with pytest.raises(IntegrityError), transaction.atomic():
        MedicationRequest.objects.update(status="active")


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("8 14 20", ["08:00", "14:00", "20:00"]), ("20h30, 8", ["08:00", "20:30"]), ("6:05;6:05", ["06:05"])],
)
def test_hours_are_read_as_people_type_them(typed: str, hours: list[str]) -> None:
    form = MedicationForm(
        {
            "code_text": "Paracetamol",
            "dose": "0,5",
            "dose_unit": "vien",
            "route": "PO",
            "days": "1",
            "times": typed,
        }
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data["times"] == hours
    assert form.cleaned_data["dose"] == Decimal("0.5")
    assert form.cleaned_data["times_per_day"] == len(hours)


def test_a_dose_is_printed_with_a_comma_and_no_idle_zeros() -> None:
    order = MedicationRequest(
        text="Digoxin", dose=Decimal("0.500"), dose_unit="vien", route="PO", times_per_day=1, times=["08:00"]
    )
    assert medication_text(order, route="uống", unit="viên").startswith("Digoxin; 0,5 viên × 1 ")
