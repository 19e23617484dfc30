"""How the staff sign in, for administrators: no patient, no password."""

from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import selectors, services
from emr.signin.access import access_person
from emr.signin.models import Recovery

_PER_PAGE = 50
_RECENT = 15  # minutes since the administrator proved who they are (S-22)


@requires(MANAGE)
@require_GET
def staff(request: StaffRequest) -> HttpResponse:
    """The facility's people, with where each is signed in."""
    text = request.GET.get("q", "").strip()[:100]
    page = Paginator(selectors.find_staff(request.user, text=text), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    record("user.list", by=request.user, detail={"count": page.paginator.count})
    return render(request, "emr/signin/staff.html", {"page": page, "query": text})


@requires(MANAGE)
@require_GET
def person(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """One colleague's sessions and means of signing in."""
    found = access_person(request.user, user_uuid)
    record("user.read", by=request.user, of=found)
    return render(request, "emr/signin/person.html", _about(request, found))


def _about(request: StaffRequest, found: User) -> dict[str, Any]:
    return {
        "person": found,
        "sessions": selectors.sessions_of(found),
        "here": selectors.row_of(request).uuid,
        "badge": selectors.badge_of(found),
        "has_pin": services.uses_pin(found),
        "recovery": selectors.open_recovery(found),
        "recovery_kinds": Recovery.Kind.choices,
        "needs_two": services.needs_two(found),
        **selectors.factors_of(found),
    }


@requires(MANAGE)
@fresh(_RECENT)
@require_POST
def ask_recovery(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """The colleague stands before me and has lost the password or the second factor."""
    found = access_person(request.user, user_uuid)
    kind = request.POST.get("kind", "")
    if kind in Recovery.Kind.values:
        try:
            services.ask_recovery(user=found, kind=kind, by=request.user)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Asked for. Another administrator confirms it on this page."))
    return redirect("signin:person", found.uuid)


@requires(MANAGE)
@never_cache
@fresh(_RECENT)
@require_POST
def confirm_recovery(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """A second administrator agrees and hands the code over; it is shown this once."""
    found = access_person(request.user, user_uuid)
    recovery = selectors.open_recovery(found)
    if recovery is None:
        return redirect("signin:person", found.uuid)
    try:
        code = services.confirm_recovery(recovery=recovery, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("signin:person", found.uuid)
    context = {"person": found, "recovery": recovery, "code": code}
    return render(request, "emr/signin/recovery_code.html", context, status=201)


@requires(MANAGE)
@require_POST
def cancel_recovery(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """It was a mistake."""
    found = access_person(request.user, user_uuid)
    recovery = selectors.open_recovery(found)
    if recovery is not None:
        services.cancel_recovery(recovery=recovery, by=request.user)
    return redirect("signin:person", found.uuid)


@requires(MANAGE)
@fresh(_RECENT)
@never_cache
@require_POST
def issue_badge(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """A new badge for the colleague: its code is shown this once, to be printed on the card."""
    found = access_person(request.user, user_uuid)
    badge, code = services.issue_badge(user=found, by=request.user)
    picture = segno.make(code, error="m", micro=False).svg_data_uri(scale=4, border=2)
    context = {"person": found, "badge": badge, "code": code, "picture": picture}
    return render(request, "emr/signin/badge.html", context, status=201)


@requires(MANAGE)
@require_POST
def revoke_badge(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """The colleague's badge opens nothing any more."""
    found = access_person(request.user, user_uuid)
    badge = selectors.badge_of(found)
    if badge is not None:
        services.revoke_badge(badge=badge, by=request.user)
        messages.success(request, _("The badge no longer opens anything."))
    return redirect("signin:person", found.uuid)


@requires(MANAGE)
@require_POST
def end_everything(request: StaffRequest, user_uuid: UUID) -> HttpResponse:
    """Sign the colleague out everywhere (S-19)."""
    found = access_person(request.user, user_uuid)
    services.end_all(user=found, by=request.user, reason="administrator")
    if found.pk == request.user.pk:
        return redirect("signin:sign_in")
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": found.full_name})
    return redirect("signin:person", found.uuid)
