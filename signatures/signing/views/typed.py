"""What must be typed to sign with one's own key: a PIN, a one-time code, both, or nothing here."""

import base64
import contextlib
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from signatures.providers import services as keys
from signatures.providers.agent import AgentProvider, Answer
from signatures.providers.base import Pin
from signatures.providers.house import name_of, price_of
from signatures.providers.selectors import key_of
from signatures.signing import permissions

_MOST_VALUES = 100


def asked_of(user: User) -> dict[str, Any]:
    """What the forms show: which fields, who keeps the key, what a signature costs (đồng). A PIN while there is no key."""
    key = key_of(user)
    return {
        "asks_pin": key is None or key.asks_pin,
        "asks_code": key is not None and key.asks_code,
        "sends_code": key is not None and key.sends_code,
        "batch_limit": key.batch_limit if key is not None else None,
        "agent_key": key.reference if key is not None and key.provider == AgentProvider.code else None,
        "kept_by": name_of(key.service) if key is not None else "",
        "price": price_of(key.service, key.provider) if key is not None else 0,
    }


def answer_in(request: StaffRequest, asked: dict[str, Any]) -> Answer | None:
    """What the agent of the person's PC has signed, as the page brings it; None: the key isn't there."""
    if asked["agent_key"] is None:
        return None
    values: dict[UUID, bytes] = {}
    for sent in request.POST.getlist("value")[:_MOST_VALUES]:
        name, _colon, value = sent.partition(":")
        with contextlib.suppress(ValueError):  # binascii.Error is one: what can't be read is missing
            values[UUID(name)] = base64.b64decode(value, validate=True)
    return Answer(values, request.POST.get("agent_trouble", "")[:40])


@sensitive_variables("form", "pin")
def is_complete(form: forms.Form, asked: dict[str, Any], pin: Pin | None) -> bool:
    """Whether all that the key asks for is there; what is missing is said at its field."""
    if asked["asks_pin"] and pin is None:
        form.add_error("pin", _("Type your PIN."))
    if asked["asks_code"] and form.cleaned_data["code"] is None:
        form.add_error("code", _("Type the one-time code."))
    return not form.errors


def at_field(refusal: DomainError) -> str | None:
    """The field that a refusal belongs to."""
    return refusal.field if refusal.field in {"pin", "code"} else None


@requires(permissions.SIGN)
@require_POST
def send_code(request: StaffRequest) -> HttpResponse:
    """Have the authority send a one-time code; the answer stands beside the button."""
    try:
        keys.send_code(owner=request.user)
    except DomainError as refusal:
        return render(request, "signatures/signing/_code.html", {"problem": str(refusal)}, status=422)
    return render(request, "signatures/signing/_code.html", {"is_sent": True})
