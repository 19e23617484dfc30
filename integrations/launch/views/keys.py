"""The keys that sign launch links."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from integrations.launch import permissions, selectors, services, tokens
from integrations.launch.access import access_key
from integrations.launch.forms import KeyForm


@requires(permissions.MANAGE)
@require_safe
def key_list(request: StaffRequest) -> HttpResponse:
    """Every key, with how often it was used."""
    rows = list(selectors.keys_of(request.user.facility_id))
    record("launch_key.list", by=request.user, detail={"count": len(rows)})
    context = {
        "rows": rows,
        "audience": tokens.audience(request.user.facility.code),
        "address": request.build_absolute_uri("/launch/"),
    }
    return render(request, "integrations/launch/keys.html", context)


@requires(permissions.MANAGE)
@fresh(RECENT_MINUTES)
@never_cache
@sensitive_post_parameters("public_key")
@require_http_methods(["GET", "POST"])
def add_key(request: StaffRequest) -> HttpResponse:
    """A new key; a secret that is made is shown this once."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = services.add_key(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            if not secret:
                messages.success(request, _("The key is kept: links signed by it open charts now."))
                return redirect("integrations:launch:keys")
            context = {"row": row, "secret": secret, "audience": tokens.audience(request.user.facility.code)}
            return render(request, "integrations/launch/secret.html", context, status=201)
    return render(request, "integrations/launch/key.html", {"form": form}, status=422 if form.errors else 200)


@requires(permissions.MANAGE)
@fresh(RECENT_MINUTES)
@require_POST
def revoke_key(request: StaffRequest, launch_key_uuid: UUID) -> HttpResponse:
    """Links signed by this key open nothing any more."""
    key = access_key(request.user, launch_key_uuid)
    services.revoke_key(key=key, by=request.user)
    messages.success(request, _("The key is revoked: links signed by it open nothing any more."))
    return redirect("integrations:launch:keys")
