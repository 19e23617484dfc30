"""Who is at the other end: a neighbour is an application and a facility, however many channels lead to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.transport.models import Channel

# This record itself among the neighbours.
EMR = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One system with its channels, those that are shut too: what they told counts."""

    key: str
    name: str
    channels: tuple[Channel, ...]

    @property
    def incoming(self) -> list[Channel]:
        """The channels that it speaks on."""
        return [one for one in self.channels if one.direction == Channel.Direction.IN]

    @property
    def outgoing(self) -> list[Channel]:
        """The channels that it is spoken to on."""
        return [one for one in self.channels if one.direction == Channel.Direction.OUT]

    @property
    def is_his(self) -> bool:
        """Whether it is the HIS, as one of its channels says."""
        return any(channel.is_his for channel in self.channels)


def neighbours_of(facility_id: int) -> list[Neighbour]:
    """The facility's neighbours by name. One query.

    Monitors at the bed are none: what they tell is no order, no result and no stay, and a day has thousands of it.
    """
    found: dict[str, list[Channel]] = {}
    channels = Channel.objects.filter(facility_id=facility_id).exclude(performs=Channel.Performs.MONITORS)
    channels = channels.select_related("facility").order_by("pk")
    for channel in channels:
        found.setdefault(key_of(channel), []).append(channel)
    applications = [own[0].neighbour[0] for own in found.values()]
    return [
        Neighbour(
            key,
            own[0].neighbour[0] if applications.count(own[0].neighbour[0]) == 1 else key,
            tuple(own),
        )
        for key, own in sorted(found.items())
    ]


def key_of(channel: Channel) -> str:
    """What names the neighbour of a channel."""
    return " · ".join(channel.neighbour)


def by_channel(neighbours: Iterable[Neighbour]) -> dict[int, Neighbour]:
    """{id of a channel: whose it is}."""
    return {channel.pk: one for one in neighbours for channel in one.channels}


def sources(neighbours: Iterable[Neighbour]) -> dict[str, str]:
    """{how a report names its producer: whose it is}, as the room `lis` writes them."""
    return {
        f"hl7:{channel.sending_facility}:{channel.sending_application}"[:80]: one.key
        for one in neighbours
        for channel in one.incoming
    }
