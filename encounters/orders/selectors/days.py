"""On which day of its use a medicine is (TT 23/2011/TT-BYT, article 3)."""

import datetime as dt

from django.utils import timezone

from encounters.orders.models import MedicationRequest, Order
from encounters.orders.selectors.ingredients import plain

_NEVER_HELD = [Order.Status.DRAFT, Order.Status.ENTERED_IN_ERROR]


def days_of(order: MedicationRequest) -> tuple[dt.date, dt.date]:
    """First and last day on which it was to be given; a stopped one ends on the day of the stop."""
    first = timezone.localdate(order.happens_at)
    last = first + dt.timedelta(days=order.days - 1)
    if order.status == Order.Status.REVOKED and order.status_changed_at:
        last = min(last, timezone.localdate(order.status_changed_at))
    return first, max(first, last)


def _substance(order: MedicationRequest) -> str:
    """What is counted: the ingredient; of a medicine that is in no catalogue, its name as written."""
    return plain(order.ingredient or order.text)


def day_of_use(order: MedicationRequest, *, on: dt.date | None = None) -> int:
    """The day's number, counted from earlier orders of the same ingredient in this stay; 1 when there are none.

    Days follow each other without a gap; one day without an order ends the count. Where the first of them said a number
    itself (begun in another hospital), that number is carried on. One query. `on`: the day, else the entry's own.
    """
    day = on or timezone.localdate(order.happens_at)
    wanted = _substance(order)
    earlier = (
        MedicationRequest.objects.filter(encounter_id=order.encounter_id)
        .exclude(status__in=_NEVER_HELD)
        .select_related("entry")
        .only(
            "ingredient",
            "text",
            "days",
            "status",
            "status_changed_at",
            "day_number",
            "origin",
            "effective_at",
            "authored_at",
            "entry__happened_at",
        )
    )
    spans = sorted(
        ((*days_of(known), known.day_number) for known in earlier if _substance(known) == wanted),
        key=lambda span: span[0],
        reverse=True,
    )
    begins, number = day, 1
    for first, last, said in spans:
        if first >= begins:
            continue
        if last < begins - dt.timedelta(days=1):
            break
        begins, number = first, said or 1
    return number + (day - begins).days
