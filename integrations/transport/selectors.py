"""Questions about channels and messages."""

from collections.abc import Iterable

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from emr.accounts.models import User
from emr.common.clock import local_now
from integrations.transport.models import Channel, DeadLetter, Message, MessageState, UnmappedCode

State = MessageState.State


def incoming_channels() -> list[Channel]:
    """Every enabled channel that listens, over all facilities of the deployment."""
    return list(
        Channel.objects.filter(direction=Channel.Direction.IN, is_enabled=True).select_related(
            "facility", "account"
        )
    )


def sender_channel(
    channels: Iterable[Channel], *, address: str, application: str, facility: str
) -> Channel | None:
    """The one channel of this sender calling from this address; None for a stranger, or when two would fit."""
    found = [
        channel
        for channel in channels
        if channel.sending_application == application
        and channel.sending_facility == facility
        and channel.admits(address)
    ]
    return found[0] if len(found) == 1 else None


def channels_for(user: User) -> QuerySet[Channel]:
    """The facility's channels with today's messages, those waiting, open dead letters and the last message's time."""
    messages = Message.objects.filter(channel=OuterRef("pk"))
    midnight = local_now().replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Channel.objects.filter(facility=user.facility)
        .annotate(
            today_count=_count(messages.filter(received_at__gte=midnight)),
            queued_count=_count(messages.filter(state_row__state=State.QUEUED)),
            oldest_queued_at=Subquery(
                messages.filter(state_row__state=State.QUEUED)
                .order_by("state_row__changed_at")
                .values("state_row__changed_at")[:1]
            ),
            waiting_count=_count(messages.filter(state_row__state__in=[State.RECEIVED, State.WAITING])),
            dead_count=_count(messages.filter(state_row__state=State.DEAD, dead_letters__resolution="")),
            last_received_at=Subquery(messages.order_by("-received_at").values("received_at")[:1]),
        )
        .order_by("direction", "name")
    )


def _count(messages: QuerySet[Message]) -> Subquery:
    counted = messages.order_by().values("channel").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())  # type: ignore[return-value]  # an expression too


def messages_for(
    user: User,
    *,
    state: str = "",
    direction: str = "",
    channel: str = "",
    message_type: str = "",
    control_id: str = "",
    patient_number: str = "",
) -> QuerySet[Message]:
    """The facility's messages, newest first, without their bytes."""
    found = (
        Message.objects.filter(facility=user.facility)
        .select_related("channel", "state_row")
        .defer("raw", "reply")
    )
    if state in State.values:
        found = found.filter(state_row__state=state)
    if direction in Channel.Direction.values:
        found = found.filter(channel__direction=direction)
    if channel:
        found = found.filter(channel__uuid=channel)
    if message_type:
        found = found.filter(message_type__startswith=message_type.strip().upper())
    if control_id:
        found = found.filter(control_id=control_id.strip())
    if patient_number:
        found = found.filter(patient_number=patient_number.strip())
    return found.order_by("-id")


def open_dead_letters(user: User) -> QuerySet[DeadLetter]:
    """What a person has to work through, newest first."""
    return (
        DeadLetter.objects.filter(message__facility=user.facility, resolution="")
        .select_related("message__channel")
        .defer("message__raw", "message__reply")
        .order_by("-id")
    )


def unmapped_codes(user: User) -> QuerySet[UnmappedCode]:
    """Codes of the neighbours that nobody has mapped yet first, then the mapped ones."""
    return (
        UnmappedCode.objects.filter(facility=user.facility)
        .select_related("channel")
        .order_by("mapped_to", "channel__name", "kind", "code")
    )


def outgoing_channels(facility_id: int, message_type: str) -> list[Channel]:
    """The facility's enabled channels (paused ones too: they queue) that are to get this type, "OML^O21"."""
    found = Channel.objects.filter(
        facility_id=facility_id, direction=Channel.Direction.OUT, is_enabled=True
    ).order_by("pk")
    return [channel for channel in found if channel.takes(message_type)]


def ours(channel: Channel, kind: str, codes: Iterable[str]) -> dict[str, str]:
    """Our codes for the neighbour's, those that somebody mapped alone: {their code: our code}. One query."""
    rows = _neighbour_codes(channel, kind).filter(code__in=[code[:200] for code in codes])
    return dict(rows.values_list("code", "mapped_to"))


def theirs(channel: Channel, kind: str, our_codes: Iterable[str]) -> dict[str, str]:
    """The neighbour's codes for ours: {our code: their code}; of several the one mapped first. One query."""
    rows = _neighbour_codes(channel, kind).filter(mapped_to__in=set(our_codes)).order_by("-pk")
    return dict(rows.values_list("mapped_to", "code"))


def _neighbour_codes(channel: Channel, kind: str) -> QuerySet[UnmappedCode]:
    """What is mapped of a neighbour, on whichever of its channels: who sends in codes is answered in them."""
    application, facility = channel.neighbour
    incoming = Q(
        channel__direction="in", channel__sending_application=application, channel__sending_facility=facility
    )
    outgoing = Q(
        channel__direction="out",
        channel__receiving_application=application,
        channel__receiving_facility=facility,
    )
    return UnmappedCode.objects.filter(
        incoming | outgoing, facility_id=channel.facility_id, kind=kind
    ).exclude(mapped_to="")


def mapping(channel: Channel, kind: str, code: str) -> str:
    """Our code for a neighbour's; "" when nobody has said."""
    found = UnmappedCode.objects.filter(channel=channel, kind=kind, code=code[:200]).values_list(
        "mapped_to", flat=True
    )
    return found.first() or ""
