"""Roles: the list, one bundle's rights, two side by side, the table to print, what waits for a second person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts import roles as shipped
from emr.accounts.access import requires
from emr.accounts.models import Role
from emr.accounts.permissions import MANAGE
from emr.accounts.selectors import roles_of
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.staff import permissions, services
from emr.staff.access import access_change, access_role
from emr.staff.forms import CopyForm, read_grants
from emr.staff.models import RoleChange
from emr.staff.selectors import bundles


@requires(MANAGE)
@require_safe
def roles(request: StaffRequest) -> HttpResponse:
    """Every role with its holders, and the changes that wait."""
    found = bundles.listed_roles(request.user)
    waiting = list(bundles.pending_changes(request.user))
    record("role.list", by=request.user, detail={"count": len(found)})
    return render(request, "emr/staff/roles.html", {"roles": found, "waiting": waiting})


@requires(permissions.READ_ROLES)
@require_safe
def matrix(request: StaffRequest) -> HttpResponse:
    """Which role may do what, in words, for the quality officer; made to be printed."""
    found = roles_of(request.user.facility_id)
    groups = bundles.matrix([bundles.grants_of(role) for role in found])
    record("role.list", by=request.user, detail={"matrix": True})
    context = {"roles": found, "groups": groups, "facility": request.user.facility, "at": now()}
    return render(request, "emr/staff/matrix.html", context)


@requires(MANAGE)
@require_safe
def compare(request: StaffRequest) -> HttpResponse:
    """Two roles side by side; only the differences, unless everything is asked for."""
    found = {role.code: role for role in roles_of(request.user.facility_id)}
    codes = list(found)
    one = found.get(request.GET.get("one", ""), found[codes[0]])
    other = found.get(request.GET.get("other", ""), found[codes[1]])
    is_all = request.GET.get("all") == "1"
    record("role.compare", by=request.user, detail={"one": one.code, "other": other.code})
    groups = bundles.matrix([bundles.grants_of(one), bundles.grants_of(other)])
    context = {
        "roles": list(found.values()),
        "one": one,
        "other": other,
        "is_all": is_all,
        "groups": groups if is_all else bundles.differing(groups),
    }
    return render(request, "emr/staff/compare.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: StaffRequest, role_code: str) -> HttpResponse:
    """One bundle: its rights, changed at once or proposed to a second administrator."""
    found = access_role(request.user, role_code)
    if request.method != "POST":
        record("role.read", by=request.user, of=found, detail={"code": found.code})
        return _page(request, found, bundles.grants_of(found))
    wanted, name = read_grants(request.POST), request.POST.get("name", "")
    version = request.POST.get("version", "")
    try:
        answer = services.save_role(
            facility=request.user.facility,
            code=found.code,
            name=name if found.code not in shipped.ROLES else str(found.label),
            grants=wanted,
            version=int(version) if version.isascii() and version.isdigit() else 0,
            by=request.user,
        )
    except Conflict as refusal:
        return _page(request, found, wanted, str(refusal), status=409)
    except DomainError as refusal:
        return _page(request, found, wanted, str(refusal), status=422)
    if isinstance(answer, RoleChange):
        messages.info(request, _("This hands out more than you hold: it waits for another administrator."))
        return redirect("staff:change", answer.uuid)
    messages.success(request, _("The role is changed; it counts from the next click of those who hold it."))
    return redirect("staff:role", found.code)


def _page(
    request: StaffRequest, found: Role, wanted: dict[str, str], error: str = "", status: int = 200
) -> HttpResponse:
    is_shipped_code = found.code in shipped.ROLES
    release = {right: scope.value for right, scope in shipped.ROLES.get(found.code, {}).items()}
    context = {
        "role": found,
        "groups": bundles.matrix([wanted, release]),
        "error": error,
        "is_shipped_code": is_shipped_code,
        "is_changed": is_shipped_code and bundles.grants_of(found) != release,
        "holders": bundles.lasting_holders(request.user.facility_id, found.code)
        .select_related("user", "department")
        .order_by("user__sort_key")[:100],
        "waiting": bundles.pending_changes(request.user).filter(code=found.code).first(),
        "copy_form": CopyForm(),
    }
    return render(request, "emr/staff/role.html", context, status=status)


@requires(MANAGE)
@require_POST
def copy(request: StaffRequest, role_code: str) -> HttpResponse:
    """A new role with the same rights."""
    found = access_role(request.user, role_code)
    form = CopyForm(request.POST)
    if form.is_valid():
        try:
            made = services.copy_role(
                facility=request.user.facility,
                source=found.code,
                name=form.cleaned_data["name"],
                by=request.user,
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The role is copied."))
            return redirect("staff:role", made.code)
    return redirect("staff:role", found.code)


@requires(MANAGE)
@require_POST
def retire(request: StaffRequest, role_code: str) -> HttpResponse:
    """Take a role of the house out of the lists."""
    found = access_role(request.user, role_code)
    try:
        services.retire_role(facility=request.user.facility, code=found.code, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("staff:role", found.code)
    messages.success(request, _("The role is gone from the lists."))
    return redirect("staff:roles")


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: StaffRequest, change_uuid: UUID) -> HttpResponse:
    """What would change, for the second administrator, who lets it through or not."""
    found = access_change(request.user, change_uuid)
    present = access_role(request.user, found.code)
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "approve":
                services.approve_change(change=found, by=request.user)
                messages.success(request, _("Approved; it counts from the next click of those who hold it."))
            else:
                services.refuse_change(change=found, by=request.user)
                messages.success(request, _("Refused; the role stays as it is."))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("staff:change", found.uuid)
    record("role.read", by=request.user, of=found, detail={"code": found.code})
    groups = bundles.differing(bundles.matrix([bundles.grants_of(present), found.grants]))
    context = {
        "change": found,
        "role": present,
        "groups": groups,
        "is_own": found.proposed_by_id == request.user.pk,
        "is_pending": found.status == RoleChange.Status.PENDING,
    }
    return render(request, "emr/staff/change.html", context)
