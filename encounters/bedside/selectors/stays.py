"""One patient at the bed: what must be known, and what was ordered since the nurse last looked."""

import datetime as dt

from django.db.models import Q

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside.models import Look, Precaution
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.visits.models import Encounter

AnyOrder = MedicationRequest | ServiceRequest
# Who has never looked sees the orders of this long as new.
NEVER_LOOKED = dt.timedelta(hours=24)


def is_news(seen_at: object) -> Q:
    """The condition that an order came, was held or was stopped after the moment (a value or an expression)."""
    Status = Order.Status
    return Q(confirmed_at__gt=seen_at, status__in=[Status.ACTIVE, Status.ON_HOLD]) | Q(
        status_changed_at__gt=seen_at, confirmed_at__isnull=False, status__in=[Status.REVOKED, Status.ON_HOLD]
    )


def seen_until(user: User, stay: Encounter) -> dt.datetime:
    """Up to when the person has read the stay's orders."""
    look = Look.objects.filter(encounter=stay, user=user).first()
    return look.seen_at if look is not None else now() - NEVER_LOOKED


def new_orders_of(user: User, stay: Encounter) -> list[AnyOrder]:
    """Orders that came, were held or stopped since the person last looked, oldest first; three queries."""
    news = is_news(seen_until(user, stay))
    found: list[AnyOrder] = [
        *MedicationRequest.objects.filter(news, encounter=stay).select_related("entry", "requester"),
        *ServiceRequest.objects.filter(news, encounter=stay).select_related("entry", "requester"),
    ]
    return sorted(found, key=lambda order: order.status_changed_at or order.confirmed_at or order.authored_at)


def precautions_of(stay: Encounter) -> list[Precaution]:
    """Those that hold now."""
    return list(Precaution.objects.filter(encounter=stay, ends_at=None).select_related("set_by"))
