"""Lines of a draft entry: written, changed, struck, carried on from the entry before."""

import datetime as dt
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.masters import kept_by, order_matter
from emr.terminology.selectors import concept
from encounters.documents.models import Document, DocumentDraft
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.selectors.days import day_of_use
from encounters.orders.selectors.ingredients import is_counted
from encounters.orders.services.tapers import carried_taper, complete_regimen

ORDER_MODELS: tuple[type[MedicationRequest], type[ServiceRequest]] = (MedicationRequest, ServiceRequest)
OPEN = [Order.Status.ACTIVE, Order.Status.ON_HOLD]
# What stays in force from day to day and is carried on with yesterday's entry; tests and images are asked for anew.
_CARRIED_ON = {
    ServiceRequest.Category.DIET,
    ServiceRequest.Category.CARE_LEVEL,
    ServiceRequest.Category.MONITORING,
}


class Medication(TypedDict, total=False):
    """Fields of a medicine's line."""

    code: str
    text: str
    ingredient: str
    route: str
    dose: Any
    dose_unit: str
    times_per_day: int | None
    times: list[str]
    rate: str
    diluent: str
    as_needed: bool
    as_needed_for: str
    most_per_dose: Any
    most_per_day: Any
    least_hours_between: Any
    steps: list[dict[str, Any]]
    scale: dict[str, Any]
    hold_if: list[dict[str, Any]]
    before_event: str
    minutes_before: int | None
    meal: str
    priority: str
    occurrence_at: dt.datetime | None
    until_on: dt.date | None
    supply: str
    day_number: int | None
    days: int
    note: str


class Service(TypedDict, total=False):
    """Fields of a service's line."""

    category: str
    code: str
    text: str
    priority: str
    frequency: str
    clinical_question: str
    specimen: str
    body_site: str
    call_to: str
    occurrence_at: dt.datetime | None
    until_on: dt.date | None
    days: int
    note: str


def demand_writable(entry: Document) -> Document:
    """The entry, locked against being confirmed at the same moment; raises Conflict when it is no draft."""
    entry = Document.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if not DocumentDraft.objects.filter(document=entry).exists():
        raise Conflict(_("The entry is confirmed: orders can only be added to a draft."), code="finished")
    return entry


def demand_placed_here(entry: Document, category: str) -> None:
    """Refuse a line of a kind that is ordered in another system; `category` is "medication" or a service's."""
    if name := kept_by(entry.facility_id, order_matter(category)):
        raise DomainError(
            _("Orders of this kind are placed in the %(system)s, and come from there.") % {"system": name},
            code="kept_elsewhere",
        )


def _next_position(entry: Document) -> int:
    highest = [
        model.objects.filter(entry=entry).aggregate(last=Max("position"))["last"] or 0
        for model in ORDER_MODELS
    ]
    return int(max(highest)) + 1


def _complete(order: MedicationRequest | ServiceRequest) -> None:
    """What follows from what was written: the number of days until a day; a medicine's ingredient and day of use."""
    first = timezone.localdate(order.happens_at)
    if order.until_on is not None:
        if order.until_on < first:
            raise DomainError(_("That day is past."), code="invalid", field="until_on")
        order.days = (order.until_on - first).days + 1
    if isinstance(order, MedicationRequest):
        complete_regimen(order)
    if not isinstance(order, MedicationRequest) or not order.code:
        return
    found = concept("medicine", order.code)
    if found is None:
        return
    order.ingredient = order.ingredient or str(found.properties.get("ingredient", ""))[:200]
    if order.day_number is None and is_counted(found.properties):
        order.day_number = day_of_use(order)


def save_line(order: MedicationRequest | ServiceRequest) -> None:
    """Save the line, complete; raises DomainError naming the field. The caller holds its entry."""
    _complete(order)
    try:
        order.full_clean(
            exclude=["patient", "encounter", "entry", "facility", "requester"], validate_constraints=False
        )
        with transaction.atomic():
            order.save()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(" ".join(messages), code="invalid", field=field) from error
    except IntegrityError as error:
        if "one_open_request" in str(error):
            raise DomainError(
                _("%(text)s is already ordered here.") % {"text": order.text}, code="duplicate"
            ) from error
        if "how_often" in str(error):
            raise DomainError(
                _("Say how many times a day."), code="invalid", field="times_per_day"
            ) from error
        if "for_what" in str(error):
            raise DomainError(
                _("Say what it is needed for."), code="invalid", field="as_needed_for"
            ) from error
        if "given_by_the_clock" in str(error):
            raise DomainError(
                _("A taper is given by the clock, without a scale."), code="invalid", field="steps"
            ) from error
        if "before_an_event" in str(error):
            raise DomainError(
                _("Say how many minutes before it is given."), code="invalid", field="minutes_before"
            ) from error
        if "more_than_nothing" in str(error):
            raise DomainError(_("A limit is more than nothing."), code="invalid") from error
        raise


@transaction.atomic
def add_medication(*, entry: Document, by: User, **line: Unpack[Medication]) -> MedicationRequest:
    """Write a medicine on a draft entry. Raises DomainError naming the field, Conflict when the entry is confirmed."""
    entry = demand_writable(entry)
    demand_placed_here(entry, "medication")
    order = MedicationRequest(**place_of(entry, by), **line)
    save_line(order)
    record("medication_request.draft", by=by, of=order)
    return order


@transaction.atomic
def add_service(*, entry: Document, by: User, **line: Unpack[Service]) -> ServiceRequest:
    """Write a service on a draft entry. Raises DomainError for a second open request of the same code."""
    entry = demand_writable(entry)
    demand_placed_here(entry, line.get("category", ""))
    order = ServiceRequest(**place_of(entry, by), **line)
    save_line(order)
    record("service_request.draft", by=by, of=order)
    return order


def place_of(entry: Document, by: User) -> dict[str, Any]:
    """The fields of a new line at the end of the entry, asked for by this person."""
    return {
        "facility_id": entry.facility_id,
        "patient_id": entry.patient_id,
        "encounter_id": entry.encounter_id,
        "entry": entry,
        "requester": by,
        "position": _next_position(entry),
    }


@transaction.atomic
def change_draft(
    *, order: MedicationRequest | ServiceRequest, by: User, **line: Any
) -> MedicationRequest | ServiceRequest:
    """Change a line that is not confirmed yet."""
    _demand_writable_line(order)
    order = type(order).objects.select_for_update(of=("self",)).get(pk=order.pk)
    _demand_draft(order)
    for name, value in line.items():
        setattr(order, name, value)
    save_line(order)
    record("order.change_draft", by=by, of=order)
    return order


@transaction.atomic
def remove_draft(*, order: MedicationRequest | ServiceRequest, by: User) -> None:
    """Strike a line that is not confirmed yet: it never was an order."""
    _demand_writable_line(order)
    order = type(order).objects.select_for_update(of=("self",)).get(pk=order.pk)
    _demand_draft(order)
    record("order.remove_draft", by=by, of=order)
    order.delete()


def _demand_writable_line(order: MedicationRequest | ServiceRequest) -> None:
    if order.entry is None:  # another system's, never written here
        raise Conflict(_("This order comes from another system."), code="kept_elsewhere")
    demand_writable(order.entry)


def _demand_draft(order: Order) -> None:
    if order.status != Order.Status.DRAFT:
        raise Conflict(_("This order is in effect; stop it instead."), code="finished")


@transaction.atomic
def copy_orders(*, source: Document, target: Document, by: User) -> int:
    """Carry the source entry's open medicines, diet, care and monitoring on as draft lines; the day of use counts up.

    What another system keeps is left to it.
    """
    target = demand_writable(target)
    count = 0
    is_ours = not kept_by(target.facility_id, order_matter("medication"))
    medicines = MedicationRequest.objects.filter(
        entry=source, status__in=OPEN, occurrence_at=None, before_event="", origin=""
    )
    for medicine in medicines if is_ours else []:
        taper = carried_taper(medicine, target.happened_at)
        if taper is None:
            continue
        MedicationRequest.objects.create(
            **place_of(target, by),
            based_on=medicine,
            **{name: getattr(medicine, name) for name in _MEDICATION_FIELDS} | taper,
            day_number=day_of_use(medicine, on=timezone.localdate(target.happened_at))
            if medicine.day_number
            else None,
        )
        count += 1
    carried_on = [c for c in _CARRIED_ON if not kept_by(target.facility_id, order_matter(c))]
    for service in ServiceRequest.objects.filter(
        entry=source, status__in=OPEN, category__in=carried_on, origin=""
    ):
        ServiceRequest.objects.create(
            **place_of(target, by),
            based_on=service,
            **{name: getattr(service, name) for name in _SERVICE_FIELDS},
        )
        count += 1
    return count


# What belongs to one day alone isn't carried on.
_OF_ITS_DAY = {"day_number", "occurrence_at"}
_MEDICATION_FIELDS = [name for name in Medication.__annotations__ if name not in _OF_ITS_DAY]
_SERVICE_FIELDS = [name for name in Service.__annotations__ if name not in _OF_ITS_DAY]
