"""Orders that another system keeps (the HIS): placed, held, released and ended there, and followed here.

They are rows as any other, so that nurses and the laboratory see one list; but nobody signed them here. They name their
system, their number there and the prescriber as that system says, and stand in no entry until a doctor confirms one of
their day, which takes them in (`include_foreign`).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import kept_by, order_matter
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.services.life import AnyOrder, change_status, tell
from encounters.orders.services.lines import OPEN, ORDER_MODELS
from encounters.orders.services.numbers import give_numbers
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Source:
    """Whose order it is: the system's name, its number there, the prescriber as sent, from when it holds."""

    system: str
    number: str
    prescriber: str
    effective_at: dt.datetime


@transaction.atomic
def place_foreign(
    *,
    encounter: Encounter,
    source: Source,
    category: str,
    by: User,
    requester: User | None = None,
    replaces: AnyOrder | None = None,
    **line: Any,
) -> AnyOrder:
    """Put another system's order in effect for the stay; `category` is "medication" or a service's.

    `by` is the system's own account, which stands as who confirmed it: no person here did. `line` holds the fields of
    `Medication` or `Service`. Raises DomainError naming the field that a rule refuses.
    """
    model: type[MedicationRequest] | type[ServiceRequest] = (
        MedicationRequest if category == "medication" else ServiceRequest
    )
    if model is ServiceRequest:
        line["category"] = category
    order = model(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        position=_next_position(encounter),
        requester=requester or by,
        authored_at=source.effective_at,
        status=Order.Status.ACTIVE,
        confirmed_by=by,
        confirmed_at=now(),
        origin=source.system,
        origin_number=source.number,
        prescriber_as_sent=source.prescriber[:160],
        effective_at=source.effective_at,
        based_on=replaces,  # type: ignore[misc]  # of the same kind
        **line,
    )
    give_numbers(order)
    try:
        order.full_clean(
            exclude=["patient", "encounter", "entry", "facility", "requester", "confirmed_by", "based_on"],
            validate_constraints=False,
        )
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(f"{field}: {' '.join(messages)}", code="invalid", field=field) from error
    order.save()
    tell(order, "placed", by)
    return order


def _next_position(encounter: Encounter) -> int:
    highest = [
        model.objects.filter(encounter=encounter, entry=None).aggregate(last=Max("position"))["last"] or 0
        for model in ORDER_MODELS
    ]
    return int(max(highest)) + 1


@transaction.atomic
def follow_foreign(*, order: AnyOrder, to: str, verb: str, reason: str, by: User, system: str) -> AnyOrder:
    """The other system held, released or ended its order. What has ended or was completed stays so."""
    allowed: list[str] = {
        Order.Status.ON_HOLD: [str(Order.Status.ACTIVE)],
        Order.Status.ACTIVE: [str(Order.Status.ON_HOLD)],
        Order.Status.REVOKED: [str(status) for status in OPEN],
    }[Order.Status(to)]
    return change_status(order, to=to, allowed=allowed, verb=verb, reason=reason, by=by, system=system)


@transaction.atomic
def include_foreign(*, entry: Document, shown: Collection[str]) -> int:
    """A doctor confirmed the entry: the other systems' orders that it shows are part of it now. Returns how many.

    `shown` are the public ids of the lines that were frozen: what came in the same second waits for the next entry.
    """
    return sum(
        model.objects.filter(encounter_id=entry.encounter_id, entry=None, uuid__in=shown)
        .exclude(origin="")
        .update(entry=entry)
        for model in ORDER_MODELS
    )


@transaction.atomic
def release_foreign(*, entry: Document) -> None:
    """The entry was entered in error: other systems' orders go on holding, and wait for another entry of their day."""
    for model in ORDER_MODELS:
        model.objects.filter(entry=entry).exclude(origin="").update(entry=None)


def demand_kept_here(order: AnyOrder) -> None:
    """Refuse to hold, resume or end an order of a system that keeps its kind: it wouldn't know."""
    if not order.origin:
        return
    if name := kept_by(order.facility_id, order_matter(category_of(order)), order):
        raise DomainError(
            _("This order comes from the %(system)s: change it there.") % {"system": name},
            code="kept_elsewhere",
        )


def category_of(order: AnyOrder) -> str:
    """ "medication", or the service's category."""
    return "medication" if isinstance(order, MedicationRequest) else order.category
