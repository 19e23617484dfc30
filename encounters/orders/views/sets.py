"""Panels and order sets, looked after in the browser."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.orders import permissions, services
from encounters.orders.access import access_set
from encounters.orders.forms import SetForm
from encounters.orders.models import OrderSet
from encounters.orders.selectors.catalogue import services_by_code
from encounters.orders.selectors.sets import departments_of, edits_every_set, sets_of
from encounters.orders.services.quick import lines_and_services
from encounters.orders.services.sets import MOST_LINES, SetContent, content_of

PAGE_SIZE = 50
_SPARE = 3
Line = tuple[str, str, str]


@require_safe
@requires(permissions.EDIT_SETS)
def sets(request: StaffRequest) -> HttpResponse:
    """The facility's sets, by department, kind and words."""
    asked = {name: request.GET.get(name, "")[:80] for name in ("department", "kind", "q", "inactive")}
    found = sets_of(
        request.user,
        department=asked["department"],
        kind=asked["kind"],
        text=asked["q"],
        inactive=bool(asked["inactive"]),
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    mine = {department.code for department in departments_of(request.user)}
    context = {
        "page": page,
        "asked": asked,
        "kinds": OrderSet.Kind.choices,
        "departments": departments_of(request.user),
        "rows": [(row, _may_edit(request.user, row.department_code, mine)) for row in page],
    }
    return render(request, "encounters/orders/sets.html", context)


def _may_edit(user: User, department: str, mine: set[str]) -> bool:
    return edits_every_set(user) or department in mine


def _demand_edit(user: User, department: str, of: OrderSet | None) -> None:
    if not _may_edit(user, department, {found.code for found in departments_of(user)}):
        raise Denied(permissions.EDIT_SETS, entity=of, hidden=False)


@require_safe
@requires(permissions.EDIT_SETS)
def set_choices(request: StaffRequest) -> HttpResponse:
    """What a typed line may mean, for the combobox: `?q=`."""
    found = lines_and_services(request.user.facility_id, request.GET.get("q", ""))
    results = [{"code": one.code, "label": one.label, "text": one.text, "note": one.note} for one in found]
    return JsonResponse({"results": results})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.EDIT_SETS)
def set_new(request: StaffRequest) -> HttpResponse:
    """A new set, empty or (`copy`) beginning as another one."""
    source = _source(request)
    if request.method == "POST":
        return _post(request, None)
    own = departments_of(request.user)
    initial: dict[str, Any] = {"kind": OrderSet.Kind.SET, "is_active": True}
    lines: list[Line] = []
    if source is not None:
        content = content_of(source)
        lines = list(content.lines)
        initial |= {"name": content.name, "kind": content.kind, "diagnosis": content.diagnosis}
    if own and not edits_every_set(request.user):
        initial["department"] = own[0].code
    return render(request, "encounters/orders/set_edit.html", _page(request, SetForm(initial=initial), lines))


def _source(request: StaffRequest) -> OrderSet | None:
    if not (text := request.GET.get("copy", "")):
        return None
    try:
        return access_set(request.user, UUID(text))
    except ValueError as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.EDIT_SETS)
def set_edit(request: StaffRequest, set_uuid: UUID) -> HttpResponse:
    """One set: head, lines, and what it held before."""
    found = access_set(request.user, set_uuid)
    if request.method == "POST":
        _demand_edit(request.user, found.department_code, found)
        return _post(request, found)
    record("order_set.read", by=request.user, of=found)
    content = content_of(found)
    form = SetForm(
        initial={
            "code": found.code,
            "name": content.name,
            "kind": content.kind,
            "department": content.department,
            "diagnosis": content.diagnosis,
            "is_active": content.is_active,
            "version": found.versions.count(),
        }
    )
    return render(
        request, "encounters/orders/set_edit.html", _page(request, form, list(content.lines), found)
    )


def _page(
    request: StaffRequest, form: SetForm, lines: list[Line], found: OrderSet | None = None, **more: Any
) -> dict[str, Any]:
    blank: Line = ("", "", "")
    shown = [*lines, *([blank] * min(_SPARE, MOST_LINES - len(lines)))]
    own = departments_of(request.user)
    options = [("", _("Every department"))] if edits_every_set(request.user) else []
    return {
        "form": form,
        "found": found,
        "rows": list(enumerate(shown, start=1)),
        "departments": [*options, *((department.code, department.name) for department in own)],
        "may_edit": found is None or _may_edit(request.user, found.department_code, {d.code for d in own}),
        "versions": list(found.versions.select_related("changed_by")[:20]) if found else [],
    } | more


def _post(request: StaffRequest, found: OrderSet | None) -> HttpResponse:
    form = SetForm(request.POST)
    lines, problem = _lines(request)
    if not form.is_valid():
        return render(
            request, "encounters/orders/set_edit.html", _page(request, form, lines, found), status=422
        )
    told = form.cleaned_data
    _demand_edit(request.user, told["department"], found)
    try:
        if problem:
            raise DomainError(problem, code="bad_line", field="lines")
        kept = services.edit_set(
            facility=request.user.facility,
            code=found.code if found is not None else told["code"],
            content=SetContent(
                told["name"].strip(),
                told["kind"],
                told["department"],
                told["diagnosis"].strip().upper(),
                is_active=told["is_active"],
                lines=lines,
            ),
            version=(told["version"] or 0) if found is not None else None,
            reason=told["reason"],
            by=request.user,
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        status = 409 if refusal.code == "conflict" else 422
        return render(
            request, "encounters/orders/set_edit.html", _page(request, form, lines, found), status=status
        )
    messages.success(request, _("Kept: %(name)s.") % {"name": kept.name})
    return redirect("encounters:orders:set_edit", kept.uuid)


def _lines(request: StaffRequest) -> tuple[list[Line], str]:
    """The posted lines in the order of their numbers, and the first problem; an emptied one is left out.

    What wasn't touched stays as it is; what was typed is looked up.
    """
    names = ("place", "line", "line_text", "was")
    columns = [request.POST.getlist(name)[: MOST_LINES + _SPARE] for name in names]
    found: list[tuple[float, Line]] = []
    problem = ""
    for number, (place, choice, typed, was) in enumerate(zip(*columns, strict=False), start=1):
        text = typed.strip()[:200]
        if not text:
            continue
        category, _bar, rest = was.partition("|")
        code, _bar, before = rest.partition("|")
        line: Line = (category, code, before)
        if not was or (text != before):
            line, wrong = _looked_up(request, choice, text)
            problem = problem or wrong
        order = float(place) if place.strip().isdecimal() and len(place) < 4 else float(number)
        found.append((order, line))
    return [line for _order, line in sorted(found, key=lambda item: item[0])], problem


def _looked_up(request: StaffRequest, choice: str, typed: str) -> tuple[Line, str]:
    if not choice:
        fitting = lines_and_services(request.user.facility_id, typed)
        if len(fitting) != 1:
            said = (
                _("“%(typed)s” fits several things: choose one.")
                if fitting
                else _("Nothing fits “%(typed)s”.")
            )
            return ("medication", "", typed), said % {"typed": typed}
        choice = fitting[0].code
    kind, _colon, rest = choice.partition(":")
    if kind == "service":
        service = services_by_code(request.user.facility_id, [rest]).get(rest)
        if service is None:
            return ("laboratory", rest[:20], typed), _("%(text)s can't be ordered today.") % {"text": typed}
        return (service.category, service.code, service.name), ""
    return ("medication", "", rest.partition(":")[2] or typed), ""


@require_POST
@requires(permissions.EDIT_SETS)
def set_restore(request: StaffRequest, set_uuid: UUID) -> HttpResponse:
    """Let the set hold again what it held in an earlier version (`number`)."""
    found = access_set(request.user, set_uuid)
    _demand_edit(request.user, found.department_code, found)
    number = request.POST.get("number", "")
    version = found.versions.filter(
        number=int(number) if number.isdecimal() and len(number) < 6 else 0
    ).first()
    if version is None:
        raise Http404
    _demand_edit(request.user, str(version.content.get("department", "")), found)
    try:
        services.restore_version(version=version, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("As in version %(number)d") % {"number": version.number})
    return redirect("encounters:orders:set_edit", found.uuid)
