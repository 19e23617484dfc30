"""Questions about orders."""

from itertools import chain
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.clock import local_today
from emr.terminology.selectors import displays
from encounters.documents.models import Document
from encounters.orders import permissions
from encounters.orders.models import MedicationRequest, Order, ServiceRequest, SpokenOrder
from encounters.orders.selectors.spoken import spoken_of_entries, spoken_text
from encounters.orders.wording import medication_text, service_text
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter
from encounters.visits.selectors.wards import day_bounds

AnyOrder = MedicationRequest | ServiceRequest
MEDICATION = "medication"


def orders_of_entry(entry: Document) -> list[AnyOrder]:
    """The entry's lines in their order."""
    of_entry = [
        model.objects.filter(entry=entry).select_related("requester", "status_changed_by")
        for model in (MedicationRequest, ServiceRequest)
    ]
    return sorted(chain.from_iterable(of_entry), key=lambda order: (order.position, order.pk))


def orders_of_entries(entry_ids: list[int]) -> dict[int, list[AnyOrder]]:
    """{entry: its lines in their order}. Two queries."""
    found: dict[int, list[AnyOrder]] = {}
    for model in (MedicationRequest, ServiceRequest):
        for order in model.objects.filter(entry__in=entry_ids):
            if order.entry_id is not None:
                found.setdefault(order.entry_id, []).append(order)
    return {pk: sorted(orders, key=lambda order: (order.position, order.pk)) for pk, orders in found.items()}


def entries_to_carry_on(source: Document, target: Document) -> list[Document]:
    """The source entry, and the finished entries between it and the target that hold what was spoken; oldest first."""
    between = (
        Document.objects.filter(
            encounter_id=source.encounter_id,
            happened_at__gte=source.happened_at,
            happened_at__lte=target.happened_at,
            current_version__isnull=False,
            spoken_order__isnull=False,
        )
        .exclude(Q(pk__in=[source.pk, target.pk]) | Q(status=Document.Status.ENTERED_IN_ERROR))
        .order_by("happened_at", "pk")
    )
    return [source, *between]


def lines(orders: list[AnyOrder]) -> list[dict[str, Any]]:
    """What is shown and printed of each order; codes are named by one query, what was spoken by another."""
    wanted = {("medicine-route", o.route) for o in orders if isinstance(o, MedicationRequest)}
    wanted |= {("dose-unit", o.dose_unit) for o in orders if isinstance(o, MedicationRequest)}
    wanted |= {("specimen-type", o.specimen) for o in orders if isinstance(o, ServiceRequest) and o.specimen}
    names = displays(sorted(wanted)) if wanted else {}
    spoken = spoken_of_entries({o.entry_id for o in orders if o.entry_id is not None}) if orders else {}
    return [
        _line(order, names) | {"spoken": _spoken(order, spoken.get(order.entry_id or 0))} for order in orders
    ]


def _spoken(order: AnyOrder, spoken: SpokenOrder | None) -> str:
    """A doctor may add lines of their own to the entry: those were not spoken."""
    is_spoken = spoken is not None and order.confirmed_by_id == spoken.recorded_by_id
    return spoken_text(spoken) if spoken is not None and is_spoken else ""


def _line(order: AnyOrder, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    if isinstance(order, MedicationRequest):
        category, label = (
            "medication",
            medication_text(
                order,
                route=names.get(("medicine-route", order.route), order.route),
                unit=names.get(("dose-unit", order.dose_unit), order.dose_unit),
            ),
        )
    else:
        specimen = names.get(("specimen-type", order.specimen), order.specimen)
        category, label = order.category, service_text(order, specimen=specimen)
    return {
        "uuid": str(order.uuid),
        "category": category,
        "text": label,
        "status": order.status,
        "status_text": str(order.get_status_display()),
        "status_reason": order.status_reason,
        "is_ended": order.is_ended,
        "is_held": order.status == Order.Status.ON_HOLD,
        "is_new": order.based_on_id is None and not order.origin,
        "placer_number": order.placer_number,
        "accession_number": order.accession_number if isinstance(order, ServiceRequest) else "",
        "origin": order.origin,
        "origin_number": order.origin_number,
        "prescriber_as_sent": order.prescriber_as_sent,
        "reflex_reason": order.reflex_reason if isinstance(order, ServiceRequest) else "",
        "is_in_entry": order.entry_id is not None,
        "confirmed_at": order.confirmed_at.isoformat() if order.confirmed_at else "",
    }


def active_orders(encounter: Encounter, *, ended: bool = False) -> list[AnyOrder]:
    """What is in effect or held at this moment; `ended`: and what was completed, stopped or taken back since it was so."""
    states = [Order.Status.ACTIVE, Order.Status.ON_HOLD]
    if ended:
        states += [Order.Status.COMPLETED, Order.Status.REVOKED, Order.Status.ENTERED_IN_ERROR]
    found = [
        model.objects.filter(
            encounter=encounter, status__in=states, confirmed_at__isnull=False
        ).select_related("entry", "requester")
        for model in (MedicationRequest, ServiceRequest)
    ]
    return sorted(chain.from_iterable(found), key=lambda order: (order.confirmed_at, order.position))


def worklist(user: User, category: str = "") -> QuerySet[ServiceRequest]:
    """Services in effect for the patients whom the person reaches, newest first."""
    found = ServiceRequest.objects.filter(
        encounter__in=encounters_for(user, permissions.READ).values("pk"), status=Order.Status.ACTIVE
    ).select_related("patient", "encounter__department", "requester")
    if category in ServiceRequest.Category.values:
        found = found.filter(category=category)
    return found.order_by("-confirmed_at", "-pk")


def medication_worklist(user: User) -> QuerySet[MedicationRequest]:
    """Medicines in effect for the patients whom the person reaches, newest first."""
    return (
        MedicationRequest.objects.filter(
            encounter__in=encounters_for(user, permissions.READ).values("pk"), status=Order.Status.ACTIVE
        )
        .select_related("patient", "encounter__department", "requester")
        .order_by("-confirmed_at", "-pk")
    )


def in_effect(user: User) -> list[tuple[str, StrOrPromise, int, int]]:
    """(category, its name, orders in effect, those confirmed today), medicines first; three queries at most."""
    today, tomorrow = day_bounds(local_today())
    new = Count("pk", filter=Q(confirmed_at__gte=today, confirmed_at__lt=tomorrow))
    medicines = medication_worklist(user).order_by().aggregate(all=Count("pk"), new=new)
    services = worklist(user).order_by().values("category").annotate(all=Count("pk"), new=new)
    counted = {row["category"]: (row["all"], row["new"]) for row in services}
    names = ServiceRequest.Category.choices
    return [
        (MEDICATION, _("Medicines"), medicines["all"], medicines["new"]),
        *((code, name, *counted[code]) for code, name in names if code in counted),
    ]
