"""Whether a test that is about to be ordered was done or asked for a short time ago."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from emr.common.clock import now
from encounters.documents.models import Document
from encounters.orders.models import Order, RepeatDecision, ServiceRequest
from encounters.orders.providers import EarlierResult, Wanted, earlier_results
from encounters.orders.selectors.catalogue import services_by_code, windows_by_code
from patients.registry.access import same_person
from patients.registry.models import Patient

_CATEGORIES = [ServiceRequest.Category.LABORATORY, ServiceRequest.Category.IMAGING]
# How far back an earlier one is mentioned where no window is set.
_MENTIONED = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A draft line, and the newest earlier one of the same service. `price` in đồng is what not repeating it saves.

    `is_inside`: within the window, so a decision is required; else the line is a remark.
    """

    order_uuid: str
    code: str
    text: str
    earlier: EarlierResult
    at: dt.datetime
    hours: int
    window_hours: int
    basis: str
    is_inside: bool
    price: Decimal | None

    @property
    def days(self) -> int:
        """Its age in whole days."""
        return self.hours // 24


def _own_requests(entry: Document, patient_ids: list[int], codes: list[str]) -> list[EarlierResult]:
    states = [Order.Status.ACTIVE, Order.Status.ON_HOLD, Order.Status.COMPLETED]
    found = ServiceRequest.objects.filter(
        patient_id__in=patient_ids, code__in=codes, category__in=_CATEGORIES, status__in=states
    ).exclude(entry=entry)
    return [
        EarlierResult(
            patient_id=order.patient_id,
            code=order.code,
            text=order.text,
            requested_at=order.confirmed_at or order.authored_at,
            performed_at=order.status_changed_at if order.status == Order.Status.COMPLETED else None,
            status=order.status,
        )
        for order in found.order_by("-confirmed_at")
    ]


def repeats_of(entry: Document) -> list[Repeat]:
    """The draft tests and images of the entry that were done or asked for before; six queries, one without such drafts."""
    drafts = [
        order
        for order in ServiceRequest.objects.filter(
            entry=entry, status=Order.Status.DRAFT, category__in=_CATEGORIES
        ).order_by("position", "pk")
        if order.code
    ]
    if not drafts:
        return []
    codes = sorted({order.code for order in drafts})
    patient_ids = list(
        Patient.objects.filter(pk__in=same_person(entry.encounter.patient)).values_list("pk", flat=True)
    )
    services = services_by_code(entry.facility_id, codes)
    wanted = [Wanted(code) for code in codes if code not in services]
    wanted += [Wanted(one.code, one.loinc, one.national_code) for one in services.values()]
    known = [*earlier_results(patient_ids, wanted), *_own_requests(entry, patient_ids, codes)]
    newest: dict[str, EarlierResult] = {}
    for (
        one
    ) in known:  # a result goes before the bare request that it answers: results come first, ties keep them
        kept = newest.get(one.code)
        if kept is None or one.requested_at > kept.requested_at:
            newest[one.code] = one
    windows = windows_by_code(entry.facility_id, codes)
    found = []
    for order in drafts:
        earlier = newest.get(order.code)
        if earlier is None:
            continue
        age, window = now() - _at(earlier), windows.get(order.code)
        is_inside = window is not None and age <= dt.timedelta(hours=window.hours)
        if not is_inside and age > _MENTIONED:
            continue
        service = services.get(order.code)
        found.append(
            Repeat(
                order_uuid=str(order.uuid),
                code=order.code,
                text=order.text,
                earlier=earlier,
                at=_at(earlier),
                hours=max(int(age.total_seconds() // 3600), 0),
                window_hours=window.hours if window else 0,
                basis=window.basis if window else "",
                is_inside=is_inside,
                price=service.price if service else None,
            )
        )
    return found


def _at(one: EarlierResult) -> dt.datetime:
    return one.performed_at or one.requested_at


def undecided(entry: Document) -> list[Repeat]:
    """Repeats inside the window about which nothing was decided."""
    decided = {
        str(uuid) for uuid in RepeatDecision.objects.filter(entry=entry).values_list("order_uuid", flat=True)
    }
    return [one for one in repeats_of(entry) if one.is_inside and one.order_uuid not in decided]
