"""What came too late, or not yet though it should have."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, F, Min, OuterRef

from encounters.orders.models import Order, ServiceRequest
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import VOID
from integrations.reconciling import kinds
from integrations.reconciling.ground import Ground, times_of
from integrations.reconciling.kinds import Finding
from integrations.transport.models import Channel, Message, MessageState

State = MessageState.State
# An order that nobody has answered for longer than this was told on many mornings.
_LONGEST = dt.timedelta(days=30)


def applied_late(ground: Ground) -> Iterator[Finding]:
    """Messages of the day that were applied more than the facility's minutes after they came."""
    found = ground.messages(Channel.Direction.IN).filter(
        state_row__state__in=[State.APPLIED, State.SUPERSEDED],
        state_row__changed_at__gt=F("received_at") + ground.limits.applied,
    )
    for message in found.order_by("pk"):
        yield Finding(
            kind=kinds.APPLIED_LATE,
            neighbour=ground.key_of(message.channel_id),
            key=f"message:{message.pk}",
            number=message.control_id,
            at=message.received_at,
            words=message.message_type,
            message=message.uuid,
        )


def orders_unanswered(ground: Ground) -> Iterator[Finding]:
    """Orders whose time for a result ran out on this day, and that have none: each stands on one morning's list.

    The time begins when the first message about the order was queued, or when it is to be done, whichever is later.
    """
    limits = {
        ServiceRequest.Category.LABORATORY.value: ground.limits.laboratory,
        ServiceRequest.Category.IMAGING.value: ground.limits.imaging,
    }
    outgoing = [channel.pk for one in ground.neighbours if not one.is_his for channel in one.outgoing]
    if not outgoing:
        return
    answered = DiagnosticReport.objects.filter(request=OuterRef("pk"), replaced_by=None).exclude(
        status__in=[*VOID, DiagnosticReport.Status.REGISTERED]
    )
    waiting = ServiceRequest.objects.filter(
        ~Exists(answered),
        facility=ground.facility,
        category__in=limits,
        status=Order.Status.ACTIVE,
        confirmed_at__gte=ground.day.begins - _LONGEST,
        confirmed_at__lt=ground.day.ends,
    )
    orders = {f"servicerequest:{order.uuid}": order for order in waiting}
    told = Message.objects.filter(about__in=list(orders), channel__in=outgoing)
    first = told.values("about", "channel_id").annotate(at=Min("received_at"), first=Min("pk"))
    due = []
    for row in first.order_by("first"):
        order = orders[row["about"]]
        began = max(row["at"], order.occurrence_at or row["at"])
        deadline = began + limits[order.category]
        if ground.day.begins <= deadline < ground.day.ends and deadline <= ground.moment:
            due.append((order, row))
    messages = times_of(row["first"] for _order, row in due)
    delivered = set(
        MessageState.objects.filter(
            message__in=[row["first"] for _order, row in due], state=State.DELIVERED
        ).values_list("message_id", flat=True)
    )
    for order, row in due:
        uuid, at = messages[row["first"]]
        yield Finding(
            kind=kinds.ORDER_UNANSWERED,
            neighbour=ground.key_of(row["channel_id"]),
            key=f"order:{order.uuid}:{row['channel_id']}",
            number=order.placer_number,
            at=at,
            words=order.get_category_display(),
            message=uuid,
            may_resend=row["first"] in delivered,
            stay_id=order.encounter_id,
        )
