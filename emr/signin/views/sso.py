"""Coming in with the hospital's own account (OpenID Connect), and what its groups mean here."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import public, requires
from emr.accounts.models import User
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import provider, services
from emr.signin.forms import GroupForm
from emr.signin.models import GroupRole, StaffSession
from emr.signin.views.coming import come_in, destination

_RECENT = 15


@public
@never_cache
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """To the hospital's provider, where there is one."""
    if not provider.is_set_up():
        return redirect("signin:sign_in")
    back = request.build_absolute_uri(reverse("signin:oidc_back"))
    try:
        answer = provider.start(request, back)
    except provider.ProviderDown:
        return _refused(
            request, _("The hospital's account service does not answer. Sign in with your password here.")
        )
    request.session["oidc_next"] = destination(request)
    return answer


@public
@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider, with who it is; the person must be a member of staff already."""
    if not provider.is_set_up():
        return redirect("signin:sign_in")
    wanted = request.session.pop("oidc_next", "/")
    try:
        claims = provider.finish(request)
    except provider.ProviderDown:
        record("user.sign_in", outcome="denied", detail={"method": "oidc"})
        return _refused(
            request, _("The hospital's account service did not say who you are. Try again, or sign in here.")
        )
    user = _member(claims)
    if user is None:
        record("user.sign_in", outcome="denied", detail={"method": "oidc", "reason": "unknown"})
        return _refused(
            request, _("Your hospital account is not on the staff list here. Ask the administrator.")
        )
    groups = claims.get(settings.EMR_OIDC_GROUPS_CLAIM) or []
    services.follow_groups(
        user=user, groups=[str(group) for group in groups] if isinstance(groups, list) else []
    )
    return come_in(request, user, StaffSession.Method.OIDC, to=wanted)


def _member(claims: dict[str, Any]) -> User | None:
    name = str(claims.get(settings.EMR_OIDC_USERNAME_CLAIM) or "").strip().lower()
    return User.objects.filter(username=name, is_active=True).first() if name else None


def _refused(request: HttpRequest, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("signin:sign_in")


@requires(MANAGE)
@require_GET
def groups(request: StaffRequest) -> HttpResponse:
    """Which group means which role."""
    return _page(request, GroupForm(facility_id=request.user.facility_id), 200)


def _page(request: StaffRequest, form: GroupForm, status: int) -> HttpResponse:
    rows = GroupRole.objects.filter(facility_id=request.user.facility_id).select_related("department")
    names = dict(form.fields["role"].choices)  # type: ignore[attr-defined]
    context = {"form": form, "rows": [(row, names.get(row.role, row.role)) for row in rows]}
    return render(request, "emr/signin/groups.html", context, status=status)


@requires(MANAGE)
@fresh(_RECENT)
@require_POST
def add_group(request: StaffRequest) -> HttpResponse:
    """A group's members hold this role there."""
    form = GroupForm(request.POST, facility_id=request.user.facility_id)
    if form.is_valid():
        try:
            services.map_group(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("signin:groups")
    return _page(request, form, 422)


@requires(MANAGE)
@fresh(_RECENT)
@require_POST
def remove_group(request: StaffRequest, group_uuid: UUID) -> HttpResponse:
    """The group says nothing any more."""
    row = GroupRole.objects.filter(uuid=group_uuid, facility_id=request.user.facility_id).first()
    if row is None:
        raise Http404
    services.unmap_group(mapping=row, by=request.user)
    return redirect("signin:groups")
