"""A USB token at the ward's PC: the page asks here what is to be signed, and the PC's own agent signs it (docs/agent.md)."""

import base64
import binascii

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from signatures.providers.services import enrol_agent_key, propose_key
from signatures.signing import permissions, services
from signatures.signing.forms import OfferedForm, TakeOfferedForm
from signatures.signing.views import typed
from signatures.signing.views.key import agent_service, key_page
from signatures.signing.views.rounds import end_round
from signatures.signing.views.tray import chosen_of


@requires(permissions.SIGN)
@require_POST
def digests(request: StaffRequest) -> HttpResponse:
    """What the token is to sign, of the documents chosen: {token, key, items: [{request, digest}]}, bytes in base64.

    Where nothing may be signed there are no items; the form then goes on without values and is told why, in words.
    """
    key, shown = typed.asked_of(request.user)["agent_key"], chosen_of(request)
    if key is None or not shown:
        return JsonResponse({"items": []})
    try:
        wanted = services.digests_for(shown=shown, by=request.user)
    except DomainError:
        wanted = []
    items = [{"request": str(name), "digest": _base64(digest)} for name, digest in wanted]
    return JsonResponse({"token": key["token"], "key": key["key"], "items": items})


@requires(permissions.SIGN)
@require_POST
def propose(request: StaffRequest) -> HttpResponse:
    """Which of the token's keys this person takes on, and what it is to sign first: {token, key, digest, challenge}."""
    form = OfferedForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"problem": _("What the token holds can't be read.")}, status=422)
    try:
        made = propose_key(
            service=agent_service(request), offered=form.cleaned_data["offered"], owner=request.user
        )
    except DomainError as refusal:
        return JsonResponse({"problem": str(refusal)}, status=422)
    place = {"token": made.found.reference["token"], "key": made.found.reference["key"]}
    return JsonResponse(place | {"digest": _base64(made.digest), "challenge": made.challenge})


@requires(permissions.SIGN)
@require_POST
def take(request: StaffRequest) -> HttpResponse:
    """Take on the key that was proposed and has signed."""
    form = TakeOfferedForm(request.POST)
    if not form.is_valid():
        return key_page(request, agent_problem=_("What the token holds can't be read."), status=422)
    given = form.cleaned_data
    try:
        value = base64.b64decode(given["value"], validate=True)
        enrol_agent_key(
            service=agent_service(request),
            offered=given["offered"],
            challenge=given["challenge"],
            value=value,
            owner=request.user,
            by=request.user,
        )
    except (DomainError, binascii.Error) as refusal:
        return key_page(request, agent_problem=str(refusal), status=422)
    end_round(request)
    messages.success(request, _("You sign with the USB token in this PC now."))
    return redirect("signatures:signing:key")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
