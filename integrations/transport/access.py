"""The only way to a channel, a message or a dead letter as a user: the own facility's, else 404."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from integrations.transport.models import Channel, DeadLetter, Message, NeighbourCode


def access_channel(user: User, uuid: UUID) -> Channel:
    """A channel of the user's facility."""
    found = Channel.objects.filter(uuid=uuid, facility=user.facility).select_related("account").first()
    if found is None:
        raise Denied("channel.read")
    return found


def access_message(user: User, uuid: UUID) -> Message:
    """A message of the user's facility, with its bytes."""
    found = (
        Message.objects.filter(uuid=uuid, facility=user.facility)
        .select_related("channel", "state_row", "edited_from", "edited_by")
        .first()
    )
    if found is None:
        raise Denied("hl7_message.read")
    return found


def access_dead_letter(user: User, uuid: UUID) -> DeadLetter:
    """A dead letter of the user's facility."""
    found = (
        DeadLetter.objects.filter(uuid=uuid, message__facility=user.facility)
        .select_related("message__channel", "message__state_row", "resolved_by", "replayed_as")
        .first()
    )
    if found is None:
        raise Denied("dead_letter.read")
    return found


def access_unmapped_code(user: User, uuid: UUID) -> NeighbourCode:
    """A neighbour's code noted in the user's facility."""
    found = NeighbourCode.objects.filter(uuid=uuid, facility=user.facility).select_related("channel").first()
    if found is None:
        raise Denied("unmapped_code.read")
    return found
