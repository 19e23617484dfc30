"""The administrator's front page, departments with their wards and beds, licences."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Location, Organization
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.staff import services
from emr.staff.access import access_department, access_location
from emr.staff.forms import DepartmentForm, LocationForm, PracticeForm
from emr.staff.front import places_for
from emr.staff.selectors import practice
from emr.staff.selectors.bundles import pending_changes


@requires(MANAGE)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Everything an administrator looks after, one link each."""
    context = {
        "places": places_for(request.user),
        "waiting": pending_changes(request.user).exclude(proposed_by=request.user),
        "expiring": practice.expiring_licences(request.user.facility_id).count(),
    }
    return render(request, "emr/staff/index.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def licences(request: StaffRequest) -> HttpResponse:
    """Licences that run out, people without one, and how strictly the facility takes it."""
    facility = request.user.facility
    form = PracticeForm(request.POST or None, initial={"value": practice.practice_check(facility.pk)})
    if request.method == "POST" and form.is_valid():
        services.set_practice_check(facility=facility, value=form.cleaned_data["value"], by=request.user)
        messages.success(request, _("Saved."))
        return redirect("staff:licences")
    record("licence.list", by=request.user)
    found = Paginator(practice.expiring_licences(facility.pk), 100).get_page(request.GET.get("page"))
    missing = practice.unlicensed(facility.pk).order_by("sort_key")
    context = {
        "form": form,
        "page": found,
        "missing": missing[:100],
        "missing_count": missing.count(),
        "today": local_today(),
    }
    return render(request, "emr/staff/licences.html", context, status=422 if form.errors else 200)


@requires(MANAGE)
@require_safe
def departments(request: StaffRequest) -> HttpResponse:
    """Departments in use and closed, with their places and people in numbers."""
    rows = Organization.objects.filter(parent=request.user.facility_id).annotate(
        beds=Count("locations", filter=Q(locations__kind="bed", locations__status="active"), distinct=True),
        people=Count(
            "practitioner_roles__user",
            filter=Q(practitioner_roles__ends_at=None, practitioner_roles__user__is_active=True),
            distinct=True,
        ),
    )
    record("department.list", by=request.user, detail={"count": len(rows)})
    context = {"departments": rows.order_by("-is_active", "code")}
    return render(request, "emr/staff/departments.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def department(request: StaffRequest, department_uuid: UUID | None = None) -> HttpResponse:
    """Make a department, or change one and see its places."""
    found = access_department(request.user, department_uuid) if department_uuid else None
    names = DepartmentForm.base_fields
    initial = (
        {name: getattr(found, name) for name in names} if found else {"is_clinical": True, "is_active": True}
    )
    form = DepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_department(
                facility=request.user.facility, department=found, by=request.user, **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:department", saved.uuid)
    if found is not None:
        found.refresh_from_db()
        record("department.read", by=request.user, of=found)
    context = {"department": found, "form": form, "locations": _tree(found) if found else []}
    status = 422 if request.method == "POST" else 200
    return render(request, "emr/staff/department.html", context, status=status)


def _tree(department: Organization) -> list[tuple[int, Location]]:
    """Wards, their rooms, their beds: each with its depth."""
    parts: dict[int | None, list[Location]] = {}
    for location in department.locations.order_by("position", "code"):
        parts.setdefault(location.parent_id, []).append(location)
    found: list[tuple[int, Location]] = []

    def walk(parent: int | None, depth: int) -> None:
        for location in parts.get(parent, ()):
            found.append((depth, location))
            walk(location.pk, depth + 1)

    walk(None, 0)
    return found


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_location(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """Make a ward, a room or a bed."""
    return _location(request, access_department(request.user, department_uuid), None)


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def location(request: StaffRequest, location_uuid: UUID) -> HttpResponse:
    """Change a ward, a room or a bed."""
    found = access_location(request.user, location_uuid)
    return _location(request, found.department, found)


def _location(request: StaffRequest, department: Organization, found: Location | None) -> HttpResponse:
    names = LocationForm.base_fields
    initial: dict[str, Any] = (
        {name: getattr(found, name) for name in names}
        if found
        else {"kind": "bed", "position": 0, "status": "active"}
    )
    form = LocationForm(request.POST or None, initial=initial, department=department, location=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_location(
                department=department, location=found, by=request.user, **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:department", department.uuid)
    context = {"department": department, "location": found, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "emr/staff/location.html", context, status=status)
