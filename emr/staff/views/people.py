"""Staff: the list, its export, a person's page and what is done there."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization, User
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.staff import services
from emr.staff.access import access_held_role, access_licence, access_member
from emr.staff.forms import (
    EndRoleForm,
    FilterForm,
    GiveRoleForm,
    LicenceForm,
    NewPersonForm,
    PersonForm,
    SuspendForm,
)
from emr.staff.selectors import people as selectors

PAGE_SIZE = 50


@requires(MANAGE)
@require_safe
def people(request: StaffRequest) -> HttpResponse:
    """The staff, searched with or without accents, narrowed, paged."""
    facility_id = request.user.facility_id
    asked = request.GET.dict() or {"state": selectors.ACTIVE}
    form = FilterForm(asked, facility_id=facility_id)
    question = form.question()
    rows = selectors.staff_list(request.user, question)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    record("staff.list", by=request.user, detail={"count": page.paginator.count})
    context = {
        "form": form,
        "page": page,
        "people": selectors.in_words(list(page.object_list), facility_id),
        "soon": local_today() + dt.timedelta(days=60),
    }
    return render(request, "emr/staff/people.html", context)


@requires(MANAGE)
@require_safe
def export(request: StaffRequest, kind: str) -> HttpResponse:
    """The list as asked for, to take away; every cell stays text (S-28)."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    facility_id = request.user.facility_id
    question = FilterForm(request.GET.dict(), facility_id=facility_id).question()
    found = selectors.in_words(list(selectors.staff_list(request.user, question)), facility_id)
    states = dict(FilterForm.base_fields["state"].choices)  # type: ignore[attr-defined]  # a ChoiceField
    heads = [
        _("Staff code"), _("Full name"), _("Professional title"), _("Username"), _("Department"), _("Role"),
        _("Practising licence"), _("Valid to"), _("State"),
    ]  # fmt: skip
    rows: list[list[sheets.Cell]] = [
        [
            person.user.staff_code,
            person.user.full_name,
            person.user.title,
            person.user.username,
            "; ".join(dict.fromkeys(department for _role, department in person.roles)),
            "; ".join(dict.fromkeys(role for role, _department in person.roles)),
            person.licence,
            person.licence_ends,
            str(states[person.state]),
        ]
        for person in found
    ]
    record("staff.export", by=request.user, detail={"count": len(rows), "format": kind})
    return _sheet(kind, "staff", heads, rows)


def _sheet(kind: str, name: str, heads: list[str], rows: list[list[sheets.Cell]]) -> HttpResponse:
    content = sheets.as_csv(heads, rows) if kind == "csv" else sheets.as_xlsx(name, heads, rows)
    response = HttpResponse(content, content_type=sheets.CSV if kind == "csv" else sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}-{local_today():%Y%m%d}.{kind}"'
    return response


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Five fields make a member of staff; the first password is shown once, on this answer alone."""
    form = NewPersonForm(request.POST or None, facility_id=request.user.facility_id)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            user, password = services.add_member(
                facility=request.user.facility,
                full_name=asked["full_name"],
                staff_code=asked["staff_code"],
                title=asked["title"],
                role=asked["role"],
                department=Organization.objects.get(pk=asked["department"], parent=request.user.facility_id),
                by=request.user,
            )
        except DomainError as refusal:
            field = "staff_code" if refusal.field == "username" else refusal.field
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            context = {"person": user, "password": password, "is_new": True}
            return render(request, "emr/staff/password.html", context, status=201)
    status = 422 if request.method == "POST" else 200
    return render(request, "emr/staff/add.html", {"form": form}, status=status)


@requires(MANAGE)
@require_safe
def person(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Who somebody is, what they hold, their licence; shut out, brought back."""
    member = access_member(request.user, member_uuid)
    record("user.read", by=request.user, of=member)
    return _page(request, member)


def _page(request: StaffRequest, member: User, **forms: Any) -> HttpResponse:
    rows = selectors.in_words(
        list(
            selectors.staff_list(request.user, selectors.Question(state=selectors.ALL)).filter(pk=member.pk)
        ),
        request.user.facility_id,
    )
    licences = list(member.licences.order_by("withdrawn_on", "-valid_from"))
    facility_id = request.user.facility_id
    today = f"{local_today():%d/%m/%Y}"
    usual: dict[str, Any] = {
        "person_form": PersonForm(
            initial={
                "full_name": member.full_name,
                "staff_code": member.staff_code,
                "title": member.title,
            }
        ),
        "role_form": GiveRoleForm(facility_id=facility_id, initial={"starts_on": today}),
        "suspend_form": SuspendForm(),
        "licence_form": LicenceForm(initial=_licence_initial(licences[0]) if licences else None),
    }
    context = {
        "member": member,
        "row": rows[0],
        "absence": member.absences.filter(ends_at=None).first(),
        "held": selectors.roles_over_time(member),
        "licences": licences,
        "is_self": member.pk == request.user.pk,
        "today": local_today(),
        **usual,
        **forms,
    }
    return render(request, "emr/staff/person.html", context, status=422 if forms else 200)


def _licence_initial(licence: Any) -> dict[str, Any]:
    names = LicenceForm.base_fields
    return {
        name: f"{value:%d/%m/%Y}" if isinstance(value := getattr(licence, name), dt.date) else value
        for name in names
    }


@requires(MANAGE)
@require_POST
def change(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Correct name, staff code, title."""
    member = access_member(request.user, member_uuid)
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            services.change_member(user=member, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:person", member.uuid)
    return _page(request, member, person_form=form)


@requires(MANAGE)
@require_POST
def give_role(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """A role in a department, from a day to a day."""
    member = access_member(request.user, member_uuid)
    form = GiveRoleForm(request.POST, facility_id=request.user.facility_id)
    if form.is_valid():
        asked = form.cleaned_data
        first = asked["starts_on"]
        try:
            services.give_role(
                user=member,
                role=asked["role"],
                department=Organization.objects.get(pk=asked["department"], parent=request.user.facility_id),
                starts_at=_midnight(first) if first and first != local_today() else None,
                ends_at=_end_of(asked["ends_on"]),
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The role is given."))
            return redirect("staff:person", member.uuid)
    return _page(request, member, role_form=form)


@requires(MANAGE)
@require_POST
def end_role(request: StaffRequest, held_uuid: UUID) -> HttpResponse:
    """A role ends, now or after a last day."""
    held = access_held_role(request.user, held_uuid)
    form = EndRoleForm(request.POST)
    if form.is_valid():
        last = form.cleaned_data["ends_on"]
        try:
            services.take_role(held=held, by=request.user, at=_end_of(last) if last else now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The role ends."))
    else:
        messages.error(request, _("Write the day like 31/12/2026."))
    return redirect("staff:person", held.user.uuid)


@requires(MANAGE)
@require_POST
def suspend(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Shut the account for a while."""
    member = access_member(request.user, member_uuid)
    form = SuspendForm(request.POST)
    if form.is_valid():
        try:
            services.suspend_member(user=member, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(name)s is shut out.") % {"name": member.full_name})
            return redirect("staff:person", member.uuid)
    return _page(request, member, suspend_form=form)


@requires(MANAGE)
@require_POST
def leave(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Who leaves is shut out everywhere with one click (S-19)."""
    member = access_member(request.user, member_uuid)
    try:
        services.let_go(user=member, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("%(name)s has left: signed out everywhere, roles ended, key suspended.")
            % {"name": member.full_name},
        )
    return redirect("staff:person", member.uuid)


@requires(MANAGE)
@require_POST
def bring_back(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Somebody comes back, with the roles that ended with the leave."""
    member = access_member(request.user, member_uuid)
    try:
        services.bring_back(user=member, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is back.") % {"name": member.full_name})
    return redirect("staff:person", member.uuid)


@requires(MANAGE)
@require_POST
def issue_password(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """A new first password, shown once on this answer."""
    member = access_member(request.user, member_uuid)
    try:
        password = services.issue_password(user=member, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("staff:person", member.uuid)
    context = {"person": member, "password": password, "is_new": False}
    return render(request, "emr/staff/password.html", context)


@requires(MANAGE)
@require_POST
def licence(request: StaffRequest, member_uuid: UUID) -> HttpResponse:
    """Record a practising licence; the same number again corrects it."""
    member = access_member(request.user, member_uuid)
    form = LicenceForm(request.POST)
    if form.is_valid():
        try:
            services.record_licence(user=member, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The licence is kept."))
            return redirect("staff:person", member.uuid)
    return _page(request, member, licence_form=form)


@requires(MANAGE)
@require_POST
def withdraw_licence(request: StaffRequest, licence_uuid: UUID) -> HttpResponse:
    """From today on the licence counts no more."""
    found = access_licence(request.user, licence_uuid)
    services.withdraw_licence(licence=found, on=local_today(), by=request.user)
    messages.success(request, _("The licence counts no more."))
    return redirect("staff:person", found.user.uuid)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _end_of(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else _midnight(day + dt.timedelta(days=1))
