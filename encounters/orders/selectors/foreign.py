"""Orders of other systems (the HIS) that stand in no entry yet."""

from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.masters import kept_by, order_matter
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.visits.selectors.wards import day_bounds

AnyOrder = MedicationRequest | ServiceRequest
_HELD = [Order.Status.ACTIVE, Order.Status.ON_HOLD, Order.Status.COMPLETED]


def pending_foreign(entry: Document) -> list[AnyOrder]:
    """Those of the entry's day and stay, in the order in which they came. Two queries."""
    first, after = day_bounds(timezone.localdate(entry.happened_at))
    found = [
        model.objects.filter(
            encounter_id=entry.encounter_id,
            entry=None,
            status__in=_HELD,
            effective_at__gte=first,
            effective_at__lt=after,
        )
        .exclude(origin="")
        .select_related("requester", "status_changed_by")
        for model in (MedicationRequest, ServiceRequest)
    ]
    return sorted(chain.from_iterable(found), key=lambda order: (order.position, order.pk))


def kept_lines(entry: Document) -> list[str]:
    """What of the entry's draft lines can't be ordered here any more: the HIS keeps that kind; in words."""
    drafts: list[AnyOrder] = [
        order
        for model in (MedicationRequest, ServiceRequest)
        for order in model.objects.filter(entry=entry, status=Order.Status.DRAFT)
    ]
    kinds = {
        order.pk: "medication" if isinstance(order, MedicationRequest) else order.category for order in drafts
    }
    keepers = {kind: kept_by(entry.facility_id, order_matter(kind)) for kind in set(kinds.values())}
    return [
        _("%(text)s: this kind of order is placed in the %(system)s. Strike the line and order it there.")
        % {"text": order.text, "system": keepers[kinds[order.pk]]}
        for order in drafts
        if keepers[kinds[order.pk]]
    ]
