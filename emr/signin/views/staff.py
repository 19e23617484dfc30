"""How the staff sign in, for administrators: no patient, no password."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.signin import selectors, services
from emr.signin.access import access_person

_PER_PAGE = 50


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
    context = {
        "person": found,
        "sessions": selectors.sessions_of(found),
        "here": selectors.row_of(request).uuid,
    }
    return render(request, "emr/signin/person.html", context)


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
