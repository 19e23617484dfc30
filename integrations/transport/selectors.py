"""Questions about channels and messages."""

from collections.abc import Iterable

from django.db.models import Count, Max, Q, QuerySet

from emr.accounts.models import User
from integrations.transport.models import Channel, DeadLetter, Message, MessageState, UnmappedCode


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
    """The facility's channels with what happened on them: messages, open dead letters, waiting, the last one's time."""
    state = "messages__state_row__state"
    return (
        Channel.objects.filter(facility=user.facility)
        .annotate(
            message_count=Count("messages"),
            waiting_count=Count("messages", filter=Q(**{f"{state}__in": ["received", "waiting"]})),
            dead_count=Count("messages", filter=Q(**{state: MessageState.State.DEAD})),
            last_received_at=Max("messages__received_at"),
        )
        .order_by("name")
    )


def messages_for(
    user: User,
    *,
    state: str = "",
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
    if state in MessageState.State.values:
        found = found.filter(state_row__state=state)
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


def mapping(channel: Channel, kind: str, code: str) -> str:
    """Our code for a neighbour's; "" when nobody has said."""
    found = UnmappedCode.objects.filter(channel=channel, kind=kind, code=code[:200]).values_list(
        "mapped_to", flat=True
    )
    return found.first() or ""
