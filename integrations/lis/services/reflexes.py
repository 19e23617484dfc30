"""A test that the laboratory's system added itself: an order beside the one that it follows, never an orphan."""

from django.db.models import Q, QuerySet

from emr.common.clock import now
from emr.common.compiled import Compiled
from encounters.orders.models import ServiceRequest
from encounters.orders.selectors.catalogue import services_by_code
from encounters.orders.services import place_reflex
from encounters.results.models import DiagnosticReport
from encounters.specimens.services import note_collected_elsewhere, use_same_tube
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis.mapping import SERVICE
from integrations.lis.reading import Group
from integrations.transport.codes import ours
from integrations.transport.models import Channel
from patients.registry.models import Patient


def source_of(channel: Channel) -> str:
    """The producer that numbers its reports: one system, however many channels lead to it."""
    return f"hl7:{channel.sending_facility}:{channel.sending_application}"[:80]


def reflex_number(group: Group) -> str:
    """What names the added test with its producer, in its order messages and in its results alike; "" where nothing does."""
    service = group.obr.universal_service
    number = group.filler_number
    return f"{number}|{service.code or service.loinc}"[:75] if number else ""


def known_reflex(channel: Channel, group: Group) -> ServiceRequest | None:
    """The added test that the producer has told of before, under this number."""
    number = reflex_number(group)
    if not number:
        return None
    # Asked of every result and nearly never so: what hangs on the row is read when there is one.
    added = _added.first(channel.facility_id, channel.sending_application[:60], number)
    if added is None:
        return None
    return ServiceRequest.objects.select_related("patient", "encounter", "requester", "facility").get(
        pk=added.pk
    )


@Compiled
def _added(facility_id: int, system: str, number: str) -> QuerySet[ServiceRequest]:
    of_producer = ServiceRequest.objects.filter(facility_id=facility_id, origin=system, origin_number=number)
    return of_producer.filter(reflex_of__isnull=False).order_by("pk")[:1]


def parent_of(channel: Channel, group: Group) -> ServiceRequest | None:
    """The order of ours that the group says it follows from, by our number or by that of a result that the producer sent."""
    placer, filler = group.parent_numbers
    found = ServiceRequest.objects.filter(facility=channel.facility).select_related("patient", "encounter")
    if placer and (order := found.filter(placer_number=placer).first()):
        return order
    if placer and (order := found.filter(origin_number=placer).exclude(origin="").order_by("-pk").first()):
        return order
    if not filler:
        return None
    named = Q(filler_number=filler) | Q(filler_number__startswith=f"{filler}|")
    report = (
        DiagnosticReport.objects.filter(
            named, facility=channel.facility, source=source_of(channel), request__isnull=False
        )
        .order_by("-pk")
        .first()
    )
    return found.filter(reports=report).first() if report is not None else None


def reflex_for(channel: Channel, group: Group, parent: ServiceRequest | None = None) -> ServiceRequest | None:
    """The order of the test that the producer added, made where it is new; None where it follows from nothing of ours.

    `parent`: the order that the group carries the number of, when it says itself that it isn't that order (OBR-11).
    """
    if (known := known_reflex(channel, group)) is not None:
        return known
    order = parent_of(channel, group) or parent
    number = reflex_number(group)
    if order is None or not number or order.category != ServiceRequest.Category.LABORATORY:
        return None
    service = group.obr.universal_service
    code = ours(channel, SERVICE, [service.code]).get(service.code, service.code) if service.code else ""
    known_here = services_by_code(channel.facility_id, [code]) if code else {}
    added = place_reflex(
        of=order,
        system=channel.sending_application,
        number=number,
        code=code if code in known_here else "",
        text=service.text or (known_here[code].name if code in known_here else service.code) or number,
        reason=" ".join(group.notes),
        by=channel.account,
    )
    system = channel.sending_application
    if not use_same_tube(request=added, of=order, by=None, system=system):
        # Whoever adds a test has the specimen, though nobody told of it: the ward isn't asked for another.
        note_collected_elsewhere(request=added, at=now(), system=system)
    return added


def demand_same_person(order: ServiceRequest, patient: Patient) -> ServiceRequest:
    """The order itself. Raises CannotApply when it is another person's."""
    if order.patient.root_id != patient.root_id:
        raise CannotApply("order_of_another", number=order.placer_number)
    return order
