"""Health for load balancers and the person who keeps the house alive."""

from django.db import transaction
from django.http import HttpRequest, JsonResponse

from emr.common import health
from emr.common.doors import public


@public
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@public
@transaction.non_atomic_requests
def ready(_request: HttpRequest) -> JsonResponse:
    """Each part with `ok` and a reason; 503 where one that requests need is down."""
    is_ready, parts = health.readiness()
    return JsonResponse({"ok": is_ready, "parts": parts}, status=200 if is_ready else 503)
