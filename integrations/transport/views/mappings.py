"""The mapping tables: the neighbours' codes and ours."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from integrations.transport import mapping, permissions, selectors
from integrations.transport.access import access_channel, access_unmapped_code
from integrations.transport.catalogues import catalogue_of
from integrations.transport.mapping_forms import (
    MappingFileForm,
    MappingFilterForm,
    NewMappingForm,
    OurCodeForm,
)
from integrations.transport.models import NeighbourCode

PAGE_SIZE = 50
_SHOWN = 200
_PAGE = "integrations/transport/mappings.html"


@requires(permissions.REPAIR)
@require_safe
def mapping_list(request: StaffRequest) -> HttpResponse:
    """The neighbours' codes, those to be mapped first; searched, narrowed, paged."""
    return _list(request)


def _list(request: StaffRequest, *, status: int = 200, **of_one_row: Any) -> HttpResponse:
    form = MappingFilterForm(
        request.GET or {"state": "unmapped"}, neighbours=selectors.neighbours_of(request.user)
    )
    page = Paginator(selectors.mappings_for(request.user, **form.question()), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    record("unmapped_code.list", by=request.user, detail={"count": page.paginator.count})
    context = {
        "form": form,
        "page": page,
        "rows": _shown(request, list(page.object_list), of_one_row),
        "state": form.question()["state"],
        "is_narrowed": any(form.question()[name] for name in ("words", "kind", "neighbour")),
    }
    return render(request, _PAGE, context, status=status)


def _shown(
    request: StaffRequest, rows: list[NeighbourCode], of_one_row: dict[str, Any]
) -> list[dict[str, Any]]:
    """The rows with our codes' titles and the dead letters that wait; of the one that was refused what was typed."""
    waiting = selectors.letters_by_code(request.user)
    titles: dict[str, dict[str, str]] = {}
    for kind in {row.kind for row in rows if row.mapped_to}:
        if (catalogue := catalogue_of(kind)) is not None:
            wanted = [row.mapped_to for row in rows if row.kind == kind and row.mapped_to]
            titles[kind] = catalogue.known(request.user.facility_id, wanted)
    shown = []
    for row in rows:
        title = titles.get(row.kind, {}).get(row.mapped_to, "")
        is_refused = of_one_row.get("uuid") == row.uuid
        shown.append(
            {
                "row": row,
                "text": of_one_row["typed"]
                if is_refused
                else f"{row.mapped_to} · {title}"
                if title
                else row.mapped_to,
                "error": of_one_row["error"] if is_refused else "",
                "waiting": waiting.get((row.channel.neighbour, row.kind, row.code), 0),
                "has_catalogue": catalogue_of(row.kind) is not None,
            }
        )
    return shown


@requires(permissions.REPAIR)
@require_POST
def map_code(request: StaffRequest, code_uuid: UUID) -> HttpResponse:
    """Say which of our codes one of theirs means."""
    row = access_unmapped_code(request.user, code_uuid)
    form = OurCodeForm(request.POST)
    if not form.is_valid():
        return _list(request, status=422, uuid=row.uuid, typed="", error=_("That is too long."))
    try:
        freed = mapping.map_code(row, mapped_to=form.code, by=request.user)
    except DomainError as refusal:
        return _list(request, status=422, uuid=row.uuid, typed=form.code, error=str(refusal))
    messages.success(request, _said(freed))
    query = request.GET.urlencode()
    address = redirect("integrations:transport:mappings")
    if query:
        address["Location"] += f"?{query}"
    return address


def _said(freed: int) -> str:
    if not freed:
        return _("Kept. It counts from the next message on.")
    return ngettext(
        "Kept. %(count)d message that waited for it is tried again.",
        "Kept. %(count)d messages that waited for it are tried again.",
        freed,
    ) % {"count": freed}


@requires(permissions.REPAIR)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Map a code before it is first seen."""
    neighbours = selectors.neighbours_of(request.user)
    form = NewMappingForm(request.POST or None, neighbours=neighbours)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            freed = mapping.add_mapping(
                channel=access_channel(request.user, asked["neighbour"]),
                kind=asked["kind"],
                code=asked["code_sent"],
                mapped_to=form.code,
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error("code_sent" if refusal.field == "code" else refusal.field, str(refusal))
        else:
            messages.success(request, _said(freed))
            return redirect("integrations:transport:mappings")
    record("unmapped_code.list", by=request.user)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "neighbours": neighbours}
    return render(request, "integrations/transport/mapping_add.html", context, status=status)


@requires(permissions.REPAIR)
@require_safe
def our_codes(request: StaffRequest) -> JsonResponse:
    """Our codes of a kind (`?parent=` or `?kind=`) that fit the words in `?q=`, for the combobox."""
    catalogue = catalogue_of(request.GET.get("parent") or request.GET.get("kind") or "")
    found = catalogue.search(request.user.facility_id, request.GET.get("q", "")[:120]) if catalogue else []
    return JsonResponse([{"code": code, "text": title} for code, title in found], safe=False)


@requires(permissions.REPAIR)
@fresh(RECENT_MINUTES)
@require_safe
def take(request: StaffRequest) -> HttpResponse:
    """The table as asked for, as a file that can be filled in and taken in again."""
    form = MappingFilterForm(request.GET, neighbours=selectors.neighbours_of(request.user))
    rows = selectors.mappings_for(request.user, **form.question())
    record("unmapped_code.export", by=request.user, detail={"count": rows.count()})
    content = sheets.as_csv(mapping.COLUMNS, mapping.as_cells(rows))
    response = HttpResponse(content, content_type=sheets.CSV)
    response["Content-Disposition"] = f'attachment; filename="mappings-{local_today():%Y%m%d}.csv"'
    return response


@requires(permissions.REPAIR)
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: StaffRequest) -> HttpResponse:
    """Look a file through, line by line; then take it in."""
    form = MappingFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "plan": None, "columns": mapping.COLUMNS[:5]}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                answer = _look_through(request, form, context)
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            else:
                if answer is not None:
                    return answer
                status = 422 if context["plan"].problems else 200
    record("unmapped_code.list", by=request.user)
    return render(request, "integrations/transport/mapping_import.html", context, status=status)


def _look_through(
    request: StaffRequest, form: MappingFileForm, context: dict[str, Any]
) -> HttpResponse | None:
    content = form.cleaned_data["content"]
    if content:
        plan, freed = mapping.apply_import(facility=request.user.facility, content=content, by=request.user)
        if not plan.problems:
            said = ngettext("%(count)d mapping changed.", "%(count)d mappings changed.", len(plan.changes))
            messages.success(
                request, f"{said % {'count': len(plan.changes)}} {_said(freed) if freed else ''}".strip()
            )
            return redirect("integrations:transport:mappings")
    else:
        content = form.cleaned_data["file"]
        plan = mapping.plan_import(facility=request.user.facility, content=content)
    context |= {
        "plan": plan,
        "content": content,
        "changes": plan.changes[:_SHOWN],
        "counts": {action: plan.count(action) for action in ("new", "changed", "removed", "same")},
        "problems": plan.problems[:_SHOWN],
    }
    return None
