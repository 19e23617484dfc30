"""A list of staff: the template, the dry run, applying it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common import sheets
from emr.common.doors import polled_fragment
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.staff import services
from emr.staff.access import access_import
from emr.staff.forms import ImportForm
from emr.staff.models import StaffImport
from emr.staff.services.imports import COLUMNS, SAMPLE

_SHOWN = 500


@requires(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: StaffRequest) -> HttpResponse:
    """Choose the list; it is read at once and nothing is changed."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = services.check_import(file_name=file.name, content=file.read(), by=request.user)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("staff:import", found.uuid)
    status = 422 if request.method == "POST" else 200
    return render(request, "emr/staff/upload.html", {"form": form}, status=status)


@requires(MANAGE)
@require_safe
def template(request: StaffRequest, kind: str) -> HttpResponse:
    """An empty list with the headings and two rows that show how."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    heads = [headings[0] for headings in COLUMNS.values()]
    rows = [list(row) for row in SAMPLE]
    content = sheets.as_csv(heads, rows) if kind == "csv" else sheets.as_xlsx("nhan-vien", heads, rows)
    response = HttpResponse(content, content_type=sheets.CSV if kind == "csv" else sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="nhan-vien.{kind}"'
    return response


@polled_fragment
@requires(MANAGE)
@require_safe
def result(request: StaffRequest, import_uuid: UUID) -> HttpResponse:
    """What each row would do or did, what is wrong first; while a worker applies it, how far it is."""
    found = access_import(request.user, import_uuid)
    record("staff_import.read", by=request.user, of=found)
    rows = sorted(found.rows, key=lambda row: (not row["errors"], row["line"]))
    good = [row for row in found.rows if not row["errors"]]
    context = {
        "found": found,
        "rows": rows[:_SHOWN],
        "hidden": max(len(rows) - _SHOWN, 0),
        "good": len(good),
        "counts": {
            action: sum(row["action"] == action for row in good) for action in ("create", "change", "same")
        },
        "is_applying": found.status == StaffImport.Status.APPLYING,
    }
    fragment = bool(request.htmx) and not request.htmx.boosted
    return render(request, "emr/staff/_import.html" if fragment else "emr/staff/import.html", context)


@requires(MANAGE)
@require_POST
def apply(request: StaffRequest, import_uuid: UUID) -> HttpResponse:
    """Apply the good rows."""
    found = access_import(request.user, import_uuid)
    try:
        services.start_import(staff_import=found, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("staff:import", found.uuid)
