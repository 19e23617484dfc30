"""One's own account: where one is signed in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import signed_in
from emr.common.http import StaffRequest
from emr.signin import selectors, services
from emr.signin.access import access_session


@signed_in
@require_safe
def account(request: StaffRequest) -> HttpResponse:
    """My sessions and devices, and what I sign in with."""
    context = {
        "sessions": selectors.sessions_of(request.user),
        "here": selectors.row_of(request).uuid,
    }
    return render(request, "emr/signin/account.html", context)


@signed_in
@require_POST
def end_session(request: StaffRequest, session_uuid: UUID) -> HttpResponse:
    """Sign one device out: one's own, or, for administrators, a colleague's."""
    row = access_session(request.user, session_uuid)
    services.end_one(row, by=request.user)
    if row.uuid == selectors.row_of(request).uuid:
        return redirect("signin:sign_in")
    messages.success(request, _("The device is signed out."))
    if row.user is not None and row.user_id != request.user.pk:
        return redirect("signin:person", row.user.uuid)
    return redirect("signin:account")


@signed_in
@require_POST
def end_others(request: StaffRequest) -> HttpResponse:
    """Sign every other device of mine out."""
    count = services.end_all(user=request.user, by=request.user, reason="own wish", but_for=request)
    text = ngettext("%(count)d other device is signed out.", "%(count)d other devices are signed out.", count)
    messages.success(request, text % {"count": count})
    return redirect("signin:account")
