"""A neighbour's codes and ours: what somebody mapped, and what was seen that nobody has mapped yet.

A mapping belongs to the neighbour, not to one channel: who sends in codes is answered in them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from emr.common.clock import now
from emr.common.compiled import Compiled
from integrations.transport.models import Channel, NeighbourCode

_LONGEST = 200
# A dead letter's reason says what it lacks: "unmapped_service".
_REASON = "unmapped_"


@dataclass(frozen=True, slots=True, order=True)
class Sent:
    """A code as a neighbour sent it; `words` is what the neighbour calls it."""

    kind: str
    code: str
    words: str = ""


def neighbour_channels(channel: Channel) -> QuerySet[Channel]:
    """Every channel of the facility, of either direction, that leads to the same neighbour."""
    return _channels_of(channel.facility_id, *channel.neighbour)


def _channels_of(facility_id: int, application: str, facility: str) -> QuerySet[Channel]:
    incoming = Q(direction="in", sending_application=application, sending_facility=facility)
    outgoing = Q(direction="out", receiving_application=application, receiving_facility=facility)
    return Channel.objects.filter(incoming | outgoing, facility_id=facility_id)


def neighbour_codes(channel: Channel) -> QuerySet[NeighbourCode]:
    """What is known of a neighbour's codes, mapped or not, on whichever of its channels."""
    return _codes_of(channel.facility_id, *channel.neighbour)


def _codes_of(facility_id: int, application: str, facility: str) -> QuerySet[NeighbourCode]:
    channels = _channels_of(facility_id, application, facility)
    return NeighbourCode.objects.filter(facility_id=facility_id, channel__in=channels.values("pk"))


@Compiled
def _codes_named(
    facility_id: int, application: str, facility: str, kinds: list[str], codes: list[str]
) -> QuerySet[NeighbourCode]:
    found = _codes_of(facility_id, application, facility)
    return found.filter(kind__any_of=kinds, code__any_of=codes).order_by("-pk")


def _named(channel: Channel, wanted: Collection[tuple[str, str]]) -> list[NeighbourCode]:
    """The neighbour's rows of these (kind, code), mapped or not, the newest first. One query."""
    kinds, codes = (sorted(set(part)) for part in zip(*wanted, strict=True))
    found = _codes_named(channel.facility_id, *channel.neighbour, kinds, codes)
    return [row for row in found if (row.kind, row.code) in wanted]


def ours(channel: Channel, kind: str, codes: Iterable[str]) -> dict[str, str]:
    """Our codes for the neighbour's, those that somebody mapped alone: {their code: our code}. One query."""
    return ours_of(channel, {kind: codes})[kind]


def ours_of(channel: Channel, codes: Mapping[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    """The same for several kinds of codes: {kind: {their code: our code}}. One query, none without codes."""
    wanted = {(kind, code[:_LONGEST]) for kind, sent in codes.items() for code in sent}
    found: dict[str, dict[str, str]] = {kind: {} for kind in codes}
    if not wanted:
        return found
    for row in _named(channel, wanted):
        if row.mapped_to:
            found[row.kind][row.code] = row.mapped_to
    return found


def theirs(channel: Channel, kind: str, our_codes: Iterable[str]) -> dict[str, str]:
    """The neighbour's codes for ours: {our code: their code}; of several the one mapped first. One query."""
    rows = neighbour_codes(channel).filter(kind=kind, mapped_to__in=set(our_codes)).order_by("-pk")
    return {ours_: theirs_ for ours_, theirs_ in rows.values_list("mapped_to", "code") if ours_}


def all_theirs(channel: Channel, kind: str, our_code: str) -> list[str]:
    """Every code of the neighbour's that is mapped to ours, the one mapped first at the head. One query."""
    rows = neighbour_codes(channel).filter(kind=kind, mapped_to=our_code).order_by("pk")
    return list(rows.values_list("code", flat=True))


def mapping(channel: Channel, kind: str, code: str) -> str:
    """Our code for a neighbour's; "" when nobody has said."""
    return ours(channel, kind, [code]).get(code[:_LONGEST], "")


# Put together by hand: it is asked for with every message of a laboratory that sends codes that nobody mapped.
_COUNT = """
UPDATE transport_unmappedcode SET seen_count = seen_count + 1, last_seen_at = %s
WHERE id IN (SELECT id FROM transport_unmappedcode WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED)
"""


def note_unmapped(channel: Channel, kind: str, code: str, words: str = "") -> None:
    """Remember a neighbour's code that we don't know."""
    note_codes(channel, [Sent(kind, code, words)])


def note_codes(channel: Channel, seen: Iterable[Sent]) -> None:
    """Remember codes that we don't know, each once, however many; counts and times move on where they are known.

    Every message of a laboratory may hold the same ones: a code that another worker is counting this moment isn't counted
    here, so that nobody waits for a count.
    """
    words: dict[tuple[str, str], str] = {}
    for sent in seen:
        if sent.code.strip():
            key = (sent.kind, sent.code[:_LONGEST])
            words[key] = words.get(key) or sent.words[:_LONGEST]
    if not words:
        return
    moment = now()
    rows = _named(channel, words)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [moment, [row.pk for row in rows]])
    for row in rows:
        if not row.words and (said := words[row.kind, row.code]):
            NeighbourCode.objects.filter(pk=row.pk).update(words=said)
    known = {(row.kind, row.code) for row in rows}
    NeighbourCode.objects.bulk_create(
        [
            NeighbourCode(
                facility_id=channel.facility_id,
                channel=channel,
                kind=kind,
                code=code,
                words=said,
                last_seen_at=moment,
            )
            for (kind, code), said in sorted(words.items())
            if (kind, code) not in known
        ],
        ignore_conflicts=True,  # another worker has just seen the same
    )


def missing_in(reason: str, detail: Mapping[str, Any]) -> list[Sent]:
    """The codes that a dead letter lies there for.

    `detail["missing"]` lists them as [[kind, code, words], …]; without it the reason names the kind of the one code in
    `detail["sent"]`.
    """
    if listed := detail.get("missing"):
        return [Sent(*entry) for entry in listed]
    kind = reason.removeprefix(_REASON)
    if reason.startswith(_REASON) and kind in NeighbourCode.Kind.values and detail.get("sent"):
        return [Sent(kind, str(detail["sent"]))]
    return []


def note_missing(channel: Channel, reason: str, detail: Mapping[str, Any]) -> None:
    """List what a dead letter lacks among the codes to be mapped."""
    note_codes(channel, missing_in(reason, detail))
