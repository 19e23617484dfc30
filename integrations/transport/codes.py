"""A neighbour's codes and ours: what somebody mapped, and what was seen that nobody has mapped yet.

A mapping belongs to the neighbour, not to one channel: who sends in codes is answered in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from emr.common.clock import now
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
    application, facility = channel.neighbour
    incoming = Q(direction="in", sending_application=application, sending_facility=facility)
    outgoing = Q(direction="out", receiving_application=application, receiving_facility=facility)
    return Channel.objects.filter(incoming | outgoing, facility_id=channel.facility_id)


def neighbour_codes(channel: Channel) -> QuerySet[NeighbourCode]:
    """What is known of a neighbour's codes, mapped or not, on whichever of its channels."""
    return NeighbourCode.objects.filter(
        facility_id=channel.facility_id, channel__in=neighbour_channels(channel).values("pk")
    )


def ours(channel: Channel, kind: str, codes: Iterable[str]) -> dict[str, str]:
    """Our codes for the neighbour's, those that somebody mapped alone: {their code: our code}. One query."""
    wanted = {code[:_LONGEST] for code in codes}
    rows = neighbour_codes(channel).filter(kind=kind, code__in=wanted).exclude(mapped_to="").order_by("-pk")
    return dict(rows.values_list("code", "mapped_to"))


def theirs(channel: Channel, kind: str, our_codes: Iterable[str]) -> dict[str, str]:
    """The neighbour's codes for ours: {our code: their code}; of several the one mapped first. One query."""
    rows = neighbour_codes(channel).filter(kind=kind, mapped_to__in=set(our_codes)).order_by("-pk")
    return {ours_: theirs_ for ours_, theirs_ in rows.values_list("mapped_to", "code") if ours_}


def mapping(channel: Channel, kind: str, code: str) -> str:
    """Our code for a neighbour's; "" when nobody has said."""
    return ours(channel, kind, [code]).get(code[:_LONGEST], "")


def note_unmapped(channel: Channel, kind: str, code: str, words: str = "") -> None:
    """Remember a neighbour's code that we don't know."""
    note_codes(channel, [Sent(kind, code, words)])


def note_codes(channel: Channel, seen: Iterable[Sent]) -> None:
    """Remember codes that we don't know, each once, however many; counts and times move on where they are known.

    Do it last: rows of much used codes stay locked until the transaction ends. They are locked in one order.
    """
    words: dict[tuple[str, str], str] = {}
    for sent in seen:
        if sent.code.strip():
            key = (sent.kind, sent.code[:_LONGEST])
            words[key] = words.get(key) or sent.words[:_LONGEST]
    if not words:
        return
    moment = now()
    wanted = neighbour_codes(channel).filter(
        kind__in={kind for kind, _code in words}, code__in={code for _kind, code in words}
    )
    rows = [row for row in wanted.order_by("pk") if (row.kind, row.code) in words]
    locked = NeighbourCode.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    list(locked.select_for_update().values_list("pk", flat=True))
    NeighbourCode.objects.filter(pk__in=[row.pk for row in rows]).update(
        seen_count=F("seen_count") + 1, last_seen_at=moment
    )
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
