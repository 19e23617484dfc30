"""A link from the HIS: believed by POST, opened by the redirect that carries this site's own cookies.

The browser brings the link from another site, so the session's cookie (SameSite=Lax) isn't sent with it; it is with the
redirect that follows. Between the two the link is a row, and the browser holds a signed cookie that names it: no address and
no log ever holds anything that opens a chart.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import public
from emr.audit.services import record
from emr.common import wall
from emr.common.clock import now
from emr.signin.models import StaffSession
from emr.signin.selectors import row_of
from emr.signin.services import has_factor
from emr.signin.views.coming import come_in
from emr.ui.errors import answer
from emr.ui.limits import at_most
from integrations.launch import services
from integrations.launch.access import arrived
from integrations.launch.models import Launch
from integrations.launch.reasons import REASONS
from integrations.launch.tokens import Refused

_COOKIE = "__Secure-launch" if settings.SESSION_COOKIE_SECURE else "launch"
_PATH = "/launch/"
_SALT = "integrations.launch"


@csrf_exempt  # it comes from the HIS's page; the signature, its age and its single use are what protects it
@public
@at_most(300)  # behind one address may stand a whole ward
@never_cache
@sensitive_post_parameters("token")
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """The HIS's form: field `token`."""
    try:
        launch = services.receive(request.POST.get("token", ""))
    except Refused as refusal:
        return _refusal(request, refusal.reason)
    response = redirect("integrations:launch:open")
    response.status_code = 303
    response.set_cookie(
        _COOKIE,
        signing.dumps([launch.facility_id, str(launch.uuid)], salt=_SALT),
        max_age=int(services.OPEN_FOR.total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _refusal(request: HttpRequest, reason: str) -> HttpResponse:
    title, advice = REASONS[reason]
    response = answer(request, 403, str(title), str(advice))
    response.delete_cookie(_COOKIE, path=_PATH, samesite="Lax")
    return response


def _brought(request: HttpRequest) -> Launch | None:
    """The link that this browser brought within two minutes; its facility's work begins."""
    try:
        facility_id, uuid = signing.loads(
            request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=services.OPEN_FOR
        )
    except signing.BadSignature:
        return None
    wall.enter(facility_id)
    return arrived(uuid)


@public
@never_cache
@require_GET
def open_chart(request: HttpRequest) -> HttpResponse:
    """Open the chart for the link's person: at once in their own session, else by signing them in, or after asking."""
    launch = _brought(request)
    if launch is None:
        return _refusal(request, "too_old")
    if request.user.is_authenticated and request.user.pk != launch.user_id:
        if not launch.key.may_sign_in:
            return _refusal(request, "somebody_else")
        context = {"here": request.user, "coming": launch.user}
        return render(request, "integrations/launch/somebody_else.html", context)
    return _go(request, launch)


@public
@never_cache
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Who is signed in here agrees that the PC changes hands."""
    launch = _brought(request)
    if launch is None:
        return _refusal(request, "too_old")
    if not launch.key.may_sign_in:
        return _refusal(request, "somebody_else")
    return _go(request, launch)


def _go(request: HttpRequest, launch: Launch) -> HttpResponse:
    try:
        services.open_launch(launch)
    except Refused as refusal:
        return _refusal(request, refusal.reason)
    chart = _chart(launch)
    before = request.user if request.user.is_authenticated else None
    is_here = before is not None and before.pk == launch.user_id
    if is_here and not row_of(request).is_locked(now()):
        response: HttpResponse = redirect(chart)
    elif not launch.key.may_sign_in:
        page = "signin:locked" if is_here else "signin:sign_in"
        response = redirect(f"{resolve_url(page)}?{urlencode({'next': chart})}")
    else:
        if before is not None and not is_here:
            record("user.hand_over", by=before, of=before, detail={"to": launch.user_id})
        response = come_in(request, launch.user, StaffSession.Method.LAUNCH, to=chart)
        if not has_factor(launch.user):
            _prove_nothing(request)
    response.delete_cookie(_COOKIE, path=_PATH, samesite="Lax")
    return response


def _prove_nothing(request: HttpRequest) -> None:
    """The HIS's word alone is no fresh proof of who sits here: what is grave asks for it (S-22)."""
    row = row_of(request)
    row.proved_at = None
    row.save(update_fields=["proved_at"])


def _chart(launch: Launch) -> str:
    """The address; whether the person may see what is there, the chart itself decides."""
    if launch.encounter_uuid is not None:
        return reverse("encounters:visits:detail", args=[launch.encounter_uuid])
    return reverse("patients:registry:chart", args=[launch.patient.uuid])
