"""Questions about channels and messages."""

from collections.abc import Iterable

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from emr.accounts.models import User
from emr.common.clock import local_now
from integrations.transport.codes import all_theirs, mapping, missing_in, neighbour_channels, ours, theirs
from integrations.transport.models import (
    Channel,
    DeadLetter,
    Message,
    MessageState,
    NamedOrder,
    NeighbourCode,
)
from patients.registry.models import Identifier

__all__ = [
    "all_theirs",
    "mapping",
    "neighbour_channels",
    "ours",
    "theirs",
]  # the rooms above know them from here
State = MessageState.State


def incoming_channels() -> list[Channel]:
    """Every enabled channel that the MLLP listener serves, over all facilities of the deployment.

    No other: who shows a token over HTTP may not leave it out over MLLP.
    """
    return list(
        Channel.objects.filter(
            direction=Channel.Direction.IN, protocol=Channel.Protocol.MLLP, is_enabled=True
        ).select_related("facility", "account")
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
        .select_related("intake", "source")
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
    order_number: str = "",
) -> QuerySet[Message]:
    """The facility's messages, newest first, without their bytes; numbers are exact.

    A patient's are those that came under the number and those that went out about the person; an order's those that
    name it, whose number ever it is.
    """
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
        found = found.filter(patient_number__in=_numbers_of(user, patient_number.strip()))
    if order_number:
        named = NamedOrder.objects.filter(facility=user.facility, number=order_number.strip())
        found = found.filter(pk__in=named.values("message"))
    return found.order_by("-id")


def _numbers_of(user: User, number: str) -> set[str]:
    """The number as neighbours send it, and what stands in its place in what we send about the same person."""
    own = Identifier.objects.filter(facility=user.facility, value=number, is_own=True)
    return {number, *(f"patient:{held.patient.root_id}" for held in own.select_related("patient"))}


def open_dead_letters(user: User) -> QuerySet[DeadLetter]:
    """What a person has to work through, newest first."""
    return (
        DeadLetter.objects.filter(message__facility=user.facility, resolution="")
        .select_related("message__channel")
        .defer("message__raw", "message__reply")
        .order_by("-id")
    )


def outgoing_channels(facility_id: int, message_type: str) -> list[Channel]:
    """The facility's enabled channels (paused ones too: they queue) that are to get this type, "OML^O21"."""
    found = Channel.objects.filter(
        facility_id=facility_id, direction=Channel.Direction.OUT, is_enabled=True
    ).order_by("pk")
    return [channel for channel in found if channel.takes(message_type)]


def neighbours_of(user: User) -> list[tuple[str, str]]:
    """(public id of one of its channels, name) of each neighbour of the facility, by name."""
    found: dict[tuple[str, str], str] = {}
    for channel in Channel.objects.filter(facility=user.facility).order_by("-direction", "-pk"):
        found[channel.neighbour] = str(channel.uuid)
    return sorted(((uuid, " · ".join(name)) for name, uuid in found.items()), key=lambda pair: pair[1])


def mappings_for(
    user: User, *, words: str = "", kind: str = "", neighbour: str = "", state: str = ""
) -> QuerySet[NeighbourCode]:
    """The neighbours' codes, those to be mapped first, by how often they were seen.

    `neighbour` is the public id of one of its channels; `state` is "unmapped", "mapped" or "".
    """
    found = NeighbourCode.objects.filter(facility=user.facility).select_related("channel")
    if words := words.strip():
        found = found.filter(
            Q(code__icontains=words) | Q(words__icontains=words) | Q(mapped_to__icontains=words)
        )
    if kind:
        found = found.filter(kind=kind)
    if neighbour:
        channel = Channel.objects.filter(facility=user.facility, uuid=neighbour).first()
        found = found.filter(channel__in=neighbour_channels(channel)) if channel else found.none()
    if state == "unmapped":
        found = found.filter(mapped_to="")
    elif state == "mapped":
        found = found.exclude(mapped_to="")
    is_mapped = Case(When(mapped_to="", then=0), default=1)
    return found.order_by(is_mapped, "-seen_count", "kind", "code", "pk")


def letters_by_code(user: User) -> dict[tuple[tuple[str, str], str, str], int]:
    """{(neighbour, kind, code): open dead letters that lack it}. One query."""
    letters = DeadLetter.objects.filter(message__facility=user.facility, resolution="").filter(
        Q(reason__startswith="unmapped_") | Q(detail__has_key="missing")
    )
    counts: dict[tuple[tuple[str, str], str, str], int] = {}
    for letter in letters.select_related("message__channel").defer("message__raw", "message__reply")[:5000]:
        for sent in missing_in(letter.reason, letter.detail):
            key = (letter.message.channel.neighbour, sent.kind, sent.code)
            counts[key] = counts.get(key, 0) + 1
    return counts
