"""Steps of requests, each kept once."""

import datetime as dt

from emr.accounts.models import User
from emr.common.clock import now
from encounters.orders.models import ServiceRequest
from encounters.specimens.models import RequestEvent, Specimen


def note_step(
    *,
    request: ServiceRequest,
    kind: str,
    key: str,
    at: dt.datetime | None = None,
    reason: str = "",
    specimen: Specimen | None = None,
    by: User | None = None,
    system: str = "",
) -> bool:
    """Keep one step of the request; whether it is new. `key` tells it apart from the request's other steps."""
    _row, is_new = RequestEvent.objects.get_or_create(
        request=request,
        key=key[:120],
        defaults={
            "facility_id": request.facility_id,
            "specimen": specimen,
            "kind": kind,
            "happened_at": at or now(),
            "reason": reason.strip()[:300],
            "by": by,
            "system": system.strip()[:40],
        },
    )
    return is_new


def note_steps(
    *,
    specimen: Specimen,
    kind: str,
    at: dt.datetime | None = None,
    reason: str = "",
    by: User | None = None,
    system: str = "",
) -> None:
    """The same step of every test that the tube is for now."""
    for test in specimen.tests.filter(is_current=True).select_related("request"):
        note_step(
            request=test.request,
            kind=kind,
            key=f"{kind}:{specimen.pk}",
            at=at,
            reason=reason,
            specimen=specimen,
            by=by,
            system=system,
        )
