"""How far a request is: the last step in a word for the list, all of them for its page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from encounters.orders.models import ServiceRequest
from encounters.orders.providers import Progress
from encounters.specimens.models import RequestEvent

# Steps after which somebody has to do something.
BAD = {
    RequestEvent.Kind.REJECTED,
    RequestEvent.Kind.RETAKE,
    RequestEvent.Kind.REFUSED,
    RequestEvent.Kind.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step as a page shows it."""

    kind: str
    text: str
    at: dt.datetime
    who: str
    reason: str
    label: str


def _step(event: RequestEvent) -> Step:
    who = event.by.titled_name if event.by is not None else event.system
    label = event.specimen.accession_number if event.specimen is not None else ""
    return Step(event.kind, str(event.get_kind_display()), event.happened_at, who, event.reason, label)


def timeline_of(request: ServiceRequest) -> list[Step]:
    """Every step of the request, in its order; one query."""
    events = RequestEvent.objects.filter(request=request).select_related("by", "specimen")
    return [_step(event) for event in events.order_by("happened_at", "pk")]


def progress_of(request_ids: Sequence[int]) -> dict[int, Progress]:
    """{id of a request: the last step that was told of it}; one query."""
    events = RequestEvent.objects.filter(request__in=request_ids).select_related("by", "specimen")
    found = {}
    for event in events.order_by("happened_at", "pk"):
        step = _step(event)
        found[event.request_id] = Progress(
            step.text, step.at, step.who, step.reason, is_bad=event.kind in BAD
        )
    return found
