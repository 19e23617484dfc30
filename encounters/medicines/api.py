"""The door of devices: what a cart kept while the network was away, told in one request. Session and CSRF as any page."""

import json
import threading
from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.common.clock import now
from emr.common.http import StaffRequest
from encounters.medicines import permissions
from encounters.medicines.access import reach_of
from encounters.medicines.serializers import Sending, read_sent, said_of
from encounters.medicines.services.replay import Device, apply_events

# Of a web process's threads one applies acts: a ward whose network comes back keeps no page waiting (F-34).
_turn = threading.BoundedSemaphore(1)


@transaction.non_atomic_requests  # each act is its own transaction
@require_POST
@requires(permissions.GIVE)
def events(request: StaffRequest) -> HttpResponse:
    """{"device", "sent_at", "events": [{"key", "kind", "happened_at", "stay", …}]} answered {"arrived_at", "answers"}.

    200: every act has its own answer, in the order sent, by its key: done, conflict, refused or retry. 400: not a request
    of this shape, nothing was read. 401: sign in again, keep what you have. 503: another device's turn, come again after
    `Retry-After` seconds. Shapes: `encounters.medicines.serializers`.
    """
    if not _turn.acquire(blocking=False):
        wait = 1 + now().microsecond % 3  # so that thirty carts don't come back in one moment
        return JsonResponse({"error": "busy"}, status=503, headers={"Retry-After": str(wait)})
    try:
        return _answer(request)
    finally:
        _turn.release()


def _answer(request: StaffRequest) -> HttpResponse:
    sending = Sending(data=_body(request))
    if not sending.is_valid():
        return JsonResponse({"error": said_of(sending.errors)[:500]}, status=400)
    told = sending.validated_data
    device = Device(
        by=request.user, sent_at=told["sent_at"], reach=reach_of(request.user), name=told["device"]
    )
    arrived = now()
    answers = apply_events(events=[read_sent(event) for event in told["events"]], device=device)
    return JsonResponse(
        {"arrived_at": arrived.isoformat(), "answers": [answer.as_json() for answer in answers]}
    )


def _body(request: StaffRequest) -> Any:
    if request.content_type != "application/json":
        return {}
    try:
        return json.loads(request.body)
    except (UnicodeDecodeError, ValueError):
        return {}
