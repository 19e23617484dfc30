"""What is known of an operation that doses wait for."""

from encounters.medicines.models import AwaitedEvent, DueDose
from encounters.orders.models import MedicationRequest, Order
from encounters.visits.models import Encounter


def newest_event(order: MedicationRequest) -> AwaitedEvent | None:
    """What was told last of the event that the order waits for; one that was over before the order counts for nothing."""
    found = AwaitedEvent.objects.filter(encounter=order.encounter_id, kind=order.before_event).last()
    if found is not None and found.at is not None and found.at < order.happens_at:
        return None
    return found


def waiting_orders(encounter: Encounter) -> list[tuple[MedicationRequest, AwaitedEvent | None]]:
    """The stay's medicines that wait for an operation, with what is known of it; those given left out. Two queries."""
    orders = list(
        MedicationRequest.objects.filter(encounter=encounter, status=Order.Status.ACTIVE)
        .exclude(before_event="")
        .exclude(doses__in=DueDose.objects.filter(encounter=encounter).exclude(outcome=""))
        .select_related("entry")
        .order_by("position", "pk")
    )
    if not orders:
        return []
    newest = {event.kind: event for event in AwaitedEvent.objects.filter(encounter=encounter)}
    found = []
    for order in orders:
        event = newest.get(order.before_event)
        is_over = event is not None and event.at is not None and event.at < order.happens_at
        found.append((order, None if is_over else event))
    return found
