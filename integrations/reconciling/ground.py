"""What all findings of a day are looked for in: read once, and handed to each question."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.models import Organization
from emr.common.clock import now
from integrations.reconciling.days import Day, Limits, limits_of
from integrations.reconciling.feeds import Feed, read_feed
from integrations.reconciling.neighbours import EMR, Neighbour, by_channel, neighbours_of, sources
from integrations.transport.models import Channel, Message
from patients.registry import systems
from patients.registry.models import Identifier


@dataclass(frozen=True, slots=True)
class Ground:
    """A facility's day with its neighbours, and what they told."""

    facility: Organization
    day: Day
    neighbours: list[Neighbour]
    limits: Limits
    feed: Feed
    # {a patient number of the feed, as it was sent: the patient who has it, of merged ones the survivor}
    known: dict[str, int]
    moment: datetime

    @property
    def owners(self) -> dict[int, Neighbour]:
        """{id of a channel: whose it is}."""
        return by_channel(self.neighbours)

    @property
    def sources(self) -> dict[str, str]:
        """{a report's producer: whose it is}."""
        return sources(self.neighbours)

    def key_of(self, channel_id: int) -> str:
        """Whose channel it is."""
        owner = self.owners.get(channel_id)
        return owner.key if owner else EMR

    def channel_ids(self, direction: str = "") -> list[int]:
        """The ids of the channels of one direction, or of all."""
        return [
            channel.pk
            for one in self.neighbours
            for channel in one.channels
            if not direction or channel.direction == direction
        ]

    def messages(self, direction: str = "") -> QuerySet[Message]:
        """The day's messages, without their bytes."""
        found = Message.objects.filter(
            facility=self.facility,
            channel__in=self.channel_ids(direction),
            received_at__gte=self.day.begins,
            received_at__lt=self.day.ends,
        )
        return found.select_related("state_row").defer("raw", "reply")

    @property
    def outgoing(self) -> list[Channel]:
        """The channels that are open for what we send."""
        return [channel for one in self.neighbours for channel in one.outgoing if channel.is_enabled]


def look_at(facility: Organization, day: Day) -> Ground:
    """Read the day. Seven queries."""
    neighbours = neighbours_of(facility.pk)
    feed = read_feed(facility.pk, neighbours, day)
    return Ground(
        facility=facility,
        day=day,
        neighbours=neighbours,
        limits=limits_of(facility.pk),
        feed=feed,
        known=_known(facility, {number for _neighbour, number in feed.patients}),
        moment=now(),
    )


def times_of(message_ids: Iterable[int]) -> dict[int, tuple[UUID, datetime]]:
    """{id: (public id, when it came)}. One query."""
    rows: Any = Message.objects.filter(pk__in=set(message_ids)).values_list("pk", "uuid", "received_at")
    return {pk: (uuid, at) for pk, uuid, at in rows}


def _known(facility: Organization, sent: set[str]) -> dict[str, int]:
    """Whom the numbers belong to; kept as the room `hl7v2` keeps them, in capitals and without blanks."""
    kept: dict[str, list[str]] = {}
    for number in sent:
        kept.setdefault(number.upper().replace(" ", ""), []).append(number)
    rows = Identifier.objects.filter(facility=facility, system=systems.mrn(facility), value__in=list(kept))
    return {
        number: merged_into or patient
        for value, patient, merged_into in rows.values_list("value", "patient_id", "patient__merged_into_id")
        for number in kept[value]
    }
