"""The check before hand-in: the ward's charts, and one chart with what is missing in it, each with its place."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.common.vietnamese import tidy
from encounters.bedside import permissions, services
from encounters.bedside.access import access_remark
from encounters.bedside.selectors.checks import CHIPS, LEFT, checks_of, remarks_of, rows_of, stays_to_check
from encounters.bedside.selectors.findings import findings_of
from encounters.bedside.selectors.staff import nurses_of, wards_of
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter

PAGE = 25
_KEPT = "bedside_checks"


@requires(permissions.CHECK)
@require_http_methods(["GET", "HEAD", "POST"])
def checks(request: StaffRequest) -> HttpResponse:
    """One of my wards' charts. Filters travel by POST, since a name never stands in an address, and are kept."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect("encounters:bedside:checks")
    kept = kept_filter(request, _KEPT)
    wards = wards_of(request.user, permissions.CHECK)
    ward = next((w for w in wards if str(w.uuid) == kept.get("department")), next(iter(wards), None))
    chip = kept.get("chip") if kept.get("chip") in CHIPS else LEFT
    context: dict[str, Any] = {"wards": wards, "ward": ward, "chips": CHIPS.items(), "chip": chip}
    if ward is not None:
        words = kept.get("q", "")
        found = stays_to_check(request.user, ward, str(chip), words)
        page = Paginator(found, PAGE).get_page(kept.get("page") or 1)
        record("chart_check.list", by=request.user, of=ward, detail={"count": len(page.object_list)})
        context |= {"page": page, "rows": rows_of(list(page.object_list)), "words": words}
    return render(request, "encounters/bedside/checks.html", context)


def _page(request: StaffRequest, stay: Encounter, status: int = 200, **more: Any) -> HttpResponse:
    findings = findings_of([stay])[stay.pk]
    department = stay.department
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "findings": findings,
        "checks": checks_of(stay),
        "remarks": remarks_of(stay),
        "nurses": nurses_of(department) if department is not None else [],
        "may_check": acts_here(request.user, permissions.CHECK, stay),
        "key": uuid4(),
        "remark_key": uuid4(),
    }
    return render(request, "encounters/bedside/check.html", context | more, status=status)


def _key(request: StaffRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise DomainError(_("This page is too old: open it again."), code="key_missing") from None


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.READ)
def check(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What is missing or unsigned in the nurses' part of one chart; POST says that it was checked."""
    if request.method != "POST":
        stay = access_encounter(request.user, encounter_uuid, permissions.READ)
        record("chart_check.read", by=request.user, of=stay)
        return _page(request, stay)
    stay = access_encounter(request.user, encounter_uuid, permissions.CHECK)
    note = request.POST.get("note", "").replace("\x00", "")
    try:
        services.check_chart(
            encounter=stay,
            key=_key(request),
            seen=request.POST.getlist("seen"),
            note=note,
            by=request.user,
        )
    except DomainError as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        return _page(request, stay, status, refusal=str(refusal), note=note)
    messages.success(request, _("The chart is checked."))
    return redirect("encounters:bedside:check", stay.uuid)


@require_POST
@requires(permissions.CHECK)
def remark(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Ask a nurse to put something right."""
    stay = access_encounter(request.user, encounter_uuid, permissions.CHECK)
    people = nurses_of(stay.department) if stay.department is not None else []
    nurse = next((n for n in people if str(n.uuid) == request.POST.get("nurse")), None)
    text = request.POST.get("text", "").replace("\x00", "")
    try:
        if nurse is None:
            raise DomainError(_("Choose a nurse."), code="no_nurse", field="nurse")
        services.make_remark(encounter=stay, nurse=nurse, text=text, key=_key(request), by=request.user)
    except DomainError as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        return _page(
            request, stay, status, refusal=str(refusal), text=text, wanted_nurse=request.POST.get("nurse", "")
        )
    messages.success(request, _("%(name)s is told.") % {"name": nurse.full_name})
    return redirect("encounters:bedside:check", stay.uuid)


@require_POST
@requires(permissions.PERFORM)
def settle(request: StaffRequest, remark_uuid: UUID) -> HttpResponse:
    """It is put right."""
    row = access_remark(request.user, remark_uuid)
    answer = tidy(request.POST.get("answer", ""))
    services.settle_remark(remark=row, answer=answer, by=request.user)
    messages.success(request, _("Said to be put right."))
    return redirect("encounters:bedside:check", row.encounter.uuid)
