"""Tests that the laboratory adds of its own accord to an order, because of what the order's result shows."""

import datetime as dt

from django.db import transaction

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.orders.models import Order, ServiceRequest
from encounters.orders.services.foreign import Source, place_foreign

# Whose order it is where a technician added it on a page of ours.
HERE = "LAB"
_LONGEST_NUMBER = 75


@transaction.atomic
def place_reflex(
    *,
    of: ServiceRequest,
    system: str,
    number: str,
    text: str,
    by: User,
    code: str = "",
    reason: str = "",
    at: dt.datetime | None = None,
) -> ServiceRequest:
    """Put the added test in effect beside the order that it follows; the doctor who ordered that one is its requester.

    `system` and `number` name it with who added it: told twice is one, also when it has been answered meanwhile. Raises
    DomainError `not_a_test` for an order that is no laboratory test, `not_in_effect` for a draft.
    """
    of = ServiceRequest.objects.select_for_update(of=("self",)).select_related("encounter").get(pk=of.pk)
    if of.category != ServiceRequest.Category.LABORATORY:
        raise DomainError("A reflex test follows a laboratory test.", code="not_a_test")
    if of.status == Order.Status.DRAFT:
        raise DomainError("The order isn't in effect yet.", code="not_in_effect")
    root = of.reflex_of if of.reflex_of is not None else of
    number = number[:_LONGEST_NUMBER]
    known = ServiceRequest.objects.filter(
        facility_id=of.facility_id, origin=system[:60], origin_number=number, reflex_of=root
    ).order_by("pk")
    if (before := known.first()) is not None:
        return before
    added = place_foreign(
        encounter=of.encounter,
        source=Source(system[:60], number, of.prescriber_as_sent, at or now()),
        category=ServiceRequest.Category.LABORATORY,
        by=by,
        requester=of.requester,
        code=code[:20],
        text=text[:300],
        priority=of.priority,
        specimen=of.specimen,
        call_to=of.call_to,
        reflex_of=root,
        reflex_reason=reason.strip()[:300],
    )
    record("order.reflex", by=by, of=added, detail={"of": root.placer_number, "system": system[:40]})
    return added  # type: ignore[return-value]  # a laboratory test
