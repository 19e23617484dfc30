"""First loads: take a file in, see what it would do, apply, stop, go on."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import now
from emr.common.doors import fresh, polled_fragment
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from integrations.loading import permissions, selectors, services
from integrations.loading.access import access_load, loads_for
from integrations.loading.forms import FileForm, LinesForm
from integrations.loading.models import FirstLoad
from integrations.loading.reading import COLUMNS
from integrations.loading.words import in_words

PAGE_SIZE = 50
_SAMPLES = {
    "patients": (
        "BN000001",
        "Nguyễn Thị Hoa",
        "17/05/1980",
        "Nữ",
        "001180000001",
        "GD4010000000001",
        "0900000000",
        "12 Lê Lợi",
    ),
    "stays": (
        "DT000001",
        "BN000001",
        "Nội trú",
        "27/11/2026 08:30",
        "K03",
        "P101-01",
        "NV001",
        "J18.9",
        "Viêm phổi",
    ),
}


@requires(permissions.LOAD)
@require_safe
def load_list(request: StaffRequest) -> HttpResponse:
    """Every load of the facility."""
    page = Paginator(loads_for(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    record("first_load.list", by=request.user, detail={"count": len(page)})
    return render(request, "integrations/loading/loads.html", {"page": page})


@requires(permissions.LOAD)
@fresh(RECENT_MINUTES)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Choose the file; it is checked by a worker and nothing is changed."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            load = services.take_file(
                kind=told["kind"],
                file_name=told["file"].name,
                data=told["file"].read(),
                cutover_at=told["cutover_at"],
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect("integrations:loading:load", load.uuid)
    status = 422 if request.method == "POST" else 200
    return render(request, "integrations/loading/add.html", {"form": form}, status=status)


@requires(permissions.LOAD)
@require_safe
def template(request: StaffRequest, load_kind: str) -> HttpResponse:
    """An empty list with the headings and one line that shows how."""
    if load_kind not in _SAMPLES:
        raise Http404
    heads = [headings[0] for headings in COLUMNS[load_kind].values()]
    response = HttpResponse(sheets.as_csv(heads, [_SAMPLES[load_kind]]), content_type=sheets.CSV)
    response["Content-Disposition"] = f'attachment; filename="{load_kind}.csv"'
    return response


@polled_fragment
@requires(permissions.LOAD)
@require_safe
def load(request: StaffRequest, load_uuid: UUID) -> HttpResponse:
    """What the lines would do or did; while a worker is at it, how far it is."""
    found = access_load(request.user, load_uuid)
    record("first_load.read", by=request.user, of=found)
    counts = selectors.counts(found)
    context = {"found": found, "counts": counts, "left": _left(found)}
    if request.htmx and not request.htmx.boosted:
        return render(request, "integrations/loading/_progress.html", context)
    form = LinesForm(request.GET)
    only = form.cleaned_data["only"] if form.is_valid() else ""
    page = Paginator(selectors.lines(found, only=only), PAGE_SIZE).get_page(request.GET.get("page"))
    for line in page:
        line.words = in_words(line.remarks)  # type: ignore[attr-defined]  # for the template
    context |= {"form": form, "only": only, "page": page}
    return render(request, "integrations/loading/load.html", context)


def _left(found: FirstLoad) -> int | None:
    if found.status != FirstLoad.Status.RUNNING or found.started_at is None:
        return None
    minutes = (now() - found.started_at).total_seconds() / 60
    return selectors.minutes_left(found, found.done_count / minutes if minutes else 0)


@requires(permissions.LOAD)
@fresh(RECENT_MINUTES)
@require_POST
def start(request: StaffRequest, load_uuid: UUID) -> HttpResponse:
    """Apply the good lines, or go on."""
    found = access_load(request.user, load_uuid)
    try:
        services.start(load=found, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("integrations:loading:load", found.uuid)


@requires(permissions.LOAD)
@require_POST
def stop(request: StaffRequest, load_uuid: UUID) -> HttpResponse:
    """Stop; what is applied stays."""
    found = access_load(request.user, load_uuid)
    services.stop(load=found, by=request.user)
    return redirect("integrations:loading:load", found.uuid)
