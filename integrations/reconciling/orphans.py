"""What one side has and the other hasn't."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from emr.accounts.services import facility_setting
from emr.common.masters import MOVEMENT, order_matter
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.services import category_of
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import VOID
from encounters.visits.models import Encounter
from integrations.his.models import Freshness
from integrations.his.selectors import Keeper, keeper_of, masters_of
from integrations.lis.services.ordering import FORWARDS, kinds_of
from integrations.loading.models import FirstLoad, LoadLine
from integrations.reconciling import kinds
from integrations.reconciling.days import written_on
from integrations.reconciling.ground import Ground, times_of
from integrations.reconciling.kinds import Finding
from integrations.reconciling.neighbours import EMR
from integrations.transport.models import Channel, DeadLetter, Message, MessageState
from integrations.transport.reasons import reason_text
from integrations.transport.sending import about_key

State = MessageState.State
AnyOrder = MedicationRequest | ServiceRequest
IN_EFFECT = (Order.Status.ACTIVE, Order.Status.ON_HOLD, Order.Status.COMPLETED)
OF_AN_ORDER = Q(about__startswith="servicerequest:") | Q(about__startswith="medicationrequest:")
_STRUCTURES = ("OML^O21", "ORM^O01")
_TOLD_BY: dict[type[AnyOrder], tuple[str, ...]] = {
    ServiceRequest: _STRUCTURES,
    MedicationRequest: ("RDE^O11", "ORM^O01"),
}
_TOLD_ORDERS = (*_STRUCTURES, "OMG^O19")
# {a report's category: the matter of its order}
_ORDERED_AS = {
    "laboratory": order_matter("laboratory"), "microbiology": order_matter("laboratory"),
    "pathology": order_matter("laboratory"), "imaging": order_matter("imaging"), "ultrasound": order_matter("imaging"),
    "endoscopy": order_matter("imaging"), "functional": order_matter("imaging"),
}  # fmt: skip


def dead_letters(ground: Ground) -> Iterator[Finding]:
    """Messages of the day that still lie on the desk, of both directions."""
    letters = DeadLetter.objects.filter(
        resolution="",
        message__facility=ground.facility,
        message__channel__in=ground.channel_ids(),
        message__received_at__gte=ground.day.begins,
        message__received_at__lt=ground.day.ends,
    )
    for letter in letters.select_related("message").defer("message__raw", "message__reply").order_by("pk"):
        message = letter.message
        yield Finding(
            kind=kinds.DEAD_LETTER,
            neighbour=ground.key_of(message.channel_id),
            key=f"message:{message.pk}",
            number=message.control_id,
            at=message.received_at,
            words=reason_text(letter.reason, letter.detail),
            message=message.uuid,
            letter=letter.uuid,
        )


def waiting(ground: Ground) -> Iterator[Finding]:
    """Messages of the day that nobody has applied, or sent, within the facility's minutes; orders are told apart."""
    late = ground.moment - ground.limits.applied
    found = ground.messages().filter(
        state_row__state__in=[State.RECEIVED, State.WAITING, State.QUEUED], received_at__lt=late
    )
    for message in found.exclude(OF_AN_ORDER).order_by("pk"):
        yield Finding(
            kind=kinds.WAITING,
            neighbour=ground.key_of(message.channel_id),
            key=f"message:{message.pk}",
            number=message.control_id,
            at=message.received_at,
            words=message.state_row.get_state_display(),
            message=message.uuid,
        )


def orders_not_taken(ground: Ground) -> Iterator[Finding]:
    """Messages about our orders that no neighbour has acknowledged; those at the desk are dead letters."""
    late = ground.moment - ground.limits.applied
    found = ground.messages(Channel.Direction.OUT).filter(OF_AN_ORDER)
    unsent = Q(state_row__state=State.QUEUED, received_at__lt=late) | Q(state_row__state=State.SET_ASIDE)
    for message in found.filter(unsent).order_by("pk"):
        yield Finding(
            kind=kinds.ORDER_NOT_TAKEN,
            neighbour=ground.key_of(message.channel_id),
            key=f"message:{message.pk}",
            number=message.control_id,
            at=message.received_at,
            words=message.state_row.get_state_display(),
            message=message.uuid,
            may_resend=message.state_row.state == State.SET_ASIDE,
        )


def orders_not_told(ground: Ground) -> Iterator[Finding]:
    """Orders in effect that a neighbour's channel was there for, and no message: the performer's, and the HIS's."""
    keepers = masters_of(ground.facility.pk)
    for model, structures in _TOLD_BY.items():
        channels = [
            channel
            for channel in ground.outgoing
            if any(channel.takes(structure) for structure in structures)
        ]
        if channels:
            yield from _not_told(ground, model, channels, keepers)


def _not_told(
    ground: Ground, model: type[AnyOrder], channels: list[Channel], keepers: Mapping[str, Keeper]
) -> Iterator[Finding]:
    found = written_on(model._default_manager.filter(facility=ground.facility), ground.day).filter(
        status__in=IN_EFFECT, created_at__lt=ground.moment - ground.limits.applied
    )
    if not facility_setting(ground.facility.pk, FORWARDS):
        found = found.filter(origin="")
    orders = cast("list[AnyOrder]", list(found.exclude(placer_number="").order_by("pk")))
    told: dict[str, set[str]] = {}
    messages = Message.objects.filter(about__in=[about_key(order) for order in orders], channel__in=channels)
    for about, channel_id in messages.values_list("about", "channel"):
        told.setdefault(about, set()).add(ground.key_of(channel_id))
    for order in orders:
        there = {
            ground.key_of(channel.pk)
            for channel in channels
            if channel.created_at <= order.created_at and _is_for(channel, order, keepers)
        }
        for neighbour in sorted(there - told.get(about_key(order), set())):
            yield Finding(
                kind=kinds.ORDER_NOT_TOLD,
                neighbour=neighbour,
                key=f"order:{order.uuid}",
                number=order.placer_number,
                at=order.confirmed_at or order.created_at,
                words=_kind_of(order),
                stay_id=order.encounter_id,
            )


def _is_for(channel: Channel, order: AnyOrder, keepers: Mapping[str, Keeper]) -> bool:
    """Whether the neighbour performs the order; the HIS is told of what is kept here."""
    if channel.is_his:
        return not order.origin and keepers[order_matter(category_of(order))] != Keeper.HIS
    return isinstance(order, ServiceRequest) and order.category in kinds_of(channel)


def _kind_of(order: AnyOrder) -> str:
    if isinstance(order, ServiceRequest):
        return order.get_category_display()
    return gettext("Medicine")


def results_without_order(ground: Ground) -> Iterator[Finding]:
    """Reports of neighbours that answer no order here; what was replaced or taken back is none.

    Where the HIS keeps the orders of that kind and sends none of them here, it orders from the performer itself: then none
    of its results has an order here, and that isn't worth a word.
    """
    own = DiagnosticReport.objects.filter(facility=ground.facility)
    found = written_on(own, ground.day).filter(source__startswith="hl7:", request=None, replaced_by=None)
    reports = list(found.exclude(status__in=VOID).order_by("pk"))
    if reports and (elsewhere := _ordered_without_us(ground)):
        reports = [report for report in reports if _ORDERED_AS.get(report.category) not in elsewhere]
    keys = [(ground.sources.get(report.source, EMR), report.filler_number) for report in reports]
    messages = times_of(ground.feed.results[key] for key in keys if key in ground.feed.results)
    for report, key in zip(reports, keys, strict=True):
        told = messages.get(ground.feed.results.get(key, 0))
        yield Finding(
            kind=kinds.RESULT_WITHOUT_ORDER,
            neighbour=key[0],
            key=f"report:{report.uuid}",
            number=report.shown_number,
            at=report.created_at,
            words=report.get_category_display(),
            message=told[0] if told else None,
            stay_id=report.encounter_id,
        )


def _ordered_without_us(ground: Ground) -> set[str]:
    """The matters of orders that the HIS keeps and doesn't tell us of: it has no open channel for them."""
    told = any(
        channel.is_his and channel.is_enabled and any(channel.takes(one) for one in _TOLD_ORDERS)
        for one in ground.neighbours
        for channel in one.incoming
    )
    if told:
        return set()
    kept = masters_of(ground.facility.pk)
    return {matter for matter in set(_ORDERED_AS.values()) if kept[matter] == Keeper.HIS}


def stays_not_here(ground: Ground) -> Iterator[Finding]:
    """Visit numbers that were told and that no stay here has."""
    feed = ground.feed
    here = known_stays(ground, (number for _neighbour, number in feed.stays))
    missing = {
        key: message_id
        for key, message_id in feed.stays.items()
        if key[1] not in here and key not in feed.taken_back
    }
    messages = times_of(missing.values())
    for (neighbour, number), message_id in sorted(missing.items(), key=lambda one: one[1]):
        uuid, at = messages[message_id]
        yield Finding(
            kind=kinds.STAY_NOT_HERE,
            neighbour=neighbour,
            key=f"visit:{number}",
            number=number,
            at=at,
            message=uuid,
        )


def known_stays(ground: Ground, numbers: Iterable[str]) -> set[str]:
    """Which of the visit numbers are stays here."""
    rows = Encounter.objects.filter(facility=ground.facility, identifier__in=set(numbers))
    return set(rows.values_list("identifier", flat=True))


def stays_not_told(ground: Ground) -> Iterator[Finding]:
    """Stays open at the end of the day that no HIS has said anything of, by message or by the first load.

    Where movements are kept here the HIS needn't speak of them.
    """
    his = next((one for one in ground.neighbours if _tells_stays(one.incoming)), None)
    if his is None or keeper_of(ground.facility.pk, MOVEMENT) == Keeper.EMR:
        return
    by = min(ground.day.ends, ground.moment - ground.limits.applied)
    told = Freshness.objects.filter(subject=Freshness.Subject.ENCOUNTER, subject_id=OuterRef("pk"))
    loaded = LoadLine.objects.filter(
        load__in=FirstLoad.objects.filter(facility=ground.facility, kind="stays").values("pk"),
        key=OuterRef("identifier"),
    ).exclude(result__in=["", "error"])
    found = under_way(ground).filter(started_at__lt=by)
    open_then = found.filter(Q(ended_at=None) | Q(ended_at__gte=ground.day.ends))
    spoken_of = {number for _neighbour, number in ground.feed.stays}
    for stay in open_then.filter(~Exists(told), ~Exists(loaded)).order_by("pk"):
        if stay.identifier in spoken_of:
            continue
        yield Finding(
            kind=kinds.STAY_NOT_TOLD,
            neighbour=his.key,
            key=f"stay:{stay.uuid}",
            number=stay.identifier,
            at=stay.started_at,
            words=stay.get_encounter_class_display(),
            stay_id=stay.pk,
        )


def _tells_stays(channels: Iterable[Channel]) -> bool:
    return any(one.is_his and one.is_enabled and one.takes("ADT") for one in channels)


def under_way(ground: Ground) -> QuerySet[Encounter]:
    """The stays and visits that ran on the day, for a while or all of it."""
    running = Q(status=Encounter.Status.IN_PROGRESS) | Q(
        status=Encounter.Status.FINISHED, ended_at__gte=ground.day.begins
    )
    return Encounter.objects.filter(running, facility=ground.facility, started_at__lt=ground.day.ends)
