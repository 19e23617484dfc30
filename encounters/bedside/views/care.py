"""Care sheets: a day's columns side by side, one column written or put right, a shift's columns made a document."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.bedside import permissions, services
from encounters.bedside.access import access_column
from encounters.bedside.care_form import carried
from encounters.bedside.forms import CareForm
from encounters.bedside.models import CareColumn, CareSheet
from encounters.bedside.selectors import care as columns_of
from encounters.documents.access import access_document
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.monitoring.periods import day_of, periods_of
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter


def _day(request: StaffRequest, stay: Encounter) -> tuple[dt.date, dt.date | None, dt.date | None]:
    """(the day asked for within the stay, the one before, the one after)."""
    first, last = (day_of(stay.facility_id, at) for at in (stay.started_at, stay.ended_at or now()))
    try:
        asked = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        asked = last
    day = min(max(asked, first), last)
    one = dt.timedelta(days=1)
    return day, day - one if day > first else None, day + one if day < last else None


@require_safe
@requires(permissions.READ)
def care(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The columns of one day (from the first shift on, 24 hours), what is due, what is still to be signed."""
    stay = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("care_sheet.read", by=request.user, of=stay)
    day, before, after = _day(request, stay)
    *shifts, whole = periods_of(stay.facility_id, day)
    columns = columns_of.held_columns(stay, whole.start, whole.end)
    states = columns_of.signed_on(stay, columns)
    level = columns_of.ordered_level(stay)
    last = columns[-1] if columns and after is None else columns_of.last_column(stay)
    context: dict[str, Any] = {
        "encounter": stay,
        "patient": stay.patient,
        "day": day,
        "before": before,
        "after": after,
        "shifts": shifts,
        "columns": [(column, states[column.pk]) for column in columns],
        "groups": columns_of.grid_of(stay, columns),
        "due": columns_of.due_of(stay, level, last),
        "last": last,
        "to_sign": columns_of.to_sign(stay, request.user, columns, states),
        "may_write": acts_here(request.user, permissions.PERFORM, stay),
    }
    return render(request, "encounters/bedside/care.html", context)


def _address(stay: Encounter, at: dt.datetime) -> str:
    day = day_of(stay.facility_id, at)
    return f"{reverse('encounters:bedside:care', args=[stay.uuid])}?day={day.isoformat()}"


def _form_page(
    request: StaffRequest, stay: Encounter, form: CareForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"encounter": stay, "patient": stay.patient, "form": form}
    return render(request, "encounters/bedside/care_write.html", context | more, status=status)


def _refuse(form: CareForm, refusal: DomainError) -> int:
    """The refusal beside its field; the status of the answer."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PERFORM)
def write(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """A new column; it begins with what the newest one said and still holds."""
    stay = access_encounter(request.user, encounter_uuid, permissions.PERFORM)
    source = _source(request, stay)
    said = carried(source.items) if source is not None else {}
    initial = {
        "level": columns_of.ordered_level(stay) or (source.level if source is not None else ""),
        "copied_from": source.uuid if source is not None else "",
    }
    form = CareForm(request.POST or None, said=said, copied=said, initial=initial)
    if request.method != "POST":
        return _form_page(request, stay, form, source=source)
    status = 422
    if form.is_valid():
        try:
            column = services.write_column(
                encounter=stay,
                level=form.cleaned_data["level"],
                items=form.items(),
                key=form.cleaned_data["key"],
                happened_at=form.cleaned_data["happened_at"],
                late_reason=form.cleaned_data["late_reason"],
                copied_from=source,
                by=request.user,
            )
        except DomainError as refusal:
            status = _refuse(form, refusal)
        else:
            messages.success(request, _("The column is kept."))
            return redirect(_address(stay, column.happened_at))
    return _form_page(request, stay, form, status, source=source)


def _source(request: StaffRequest, stay: Encounter) -> CareColumn | None:
    """Whose words the form begins with: those that the page showed, or the newest."""
    if request.method != "POST":
        return columns_of.last_column(stay)
    try:
        shown = UUID(request.POST.get("copied_from", ""))
    except ValueError:
        return None
    return CareColumn.objects.filter(encounter=stay, uuid=shown).select_related("author").first()


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PERFORM)
def correct(request: StaffRequest, column_uuid: UUID) -> HttpResponse:
    """One's own column put right, or (`action` take_back) taken back; the old row stays."""
    column = access_column(request.user, column_uuid)
    stay = column.encounter
    form = CareForm(
        request.POST or None,
        said=column.items,
        copied=column.copied,
        initial={"level": column.level, "happened_at": column.happened_at, "late_reason": column.late_reason},
    )
    if request.method != "POST":
        return _form_page(request, stay, form, column=column, source=column.copied_from)
    status = 422
    is_taken_back = request.POST.get("action") == "take_back"
    if form.is_valid():
        told = form.cleaned_data
        try:
            if is_taken_back:
                services.take_back_column(
                    column=column, reason=told["reason"], key=told["key"], by=request.user
                )
            else:
                services.correct_column(
                    column=column,
                    level=told["level"],
                    items=form.items(),
                    reason=told["reason"],
                    key=told["key"],
                    happened_at=told["happened_at"],
                    late_reason=told["late_reason"],
                    by=request.user,
                )
        except DomainError as refusal:
            status = _refuse(form, refusal)
        else:
            messages.success(request, _("Taken back.") if is_taken_back else _("Corrected."))
            return redirect(_address(stay, column.happened_at))
    return _form_page(request, stay, form, status, column=column, source=column.copied_from)


@require_POST
@requires(permissions.PERFORM)
def compose(request: StaffRequest, column_uuid: UUID) -> HttpResponse:
    """Put the shift's columns of one's own, of which this is one, on a sheet to sign."""
    column = access_column(request.user, column_uuid)
    shift = columns_of.shift_of(column)
    try:
        services.compose_care(
            encounter=column.encounter,
            code=columns_of.form_code(column.level),
            shift=shift,
            by=request.user,
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The sheet is made; it waits among what you have to sign."))
    return redirect(_address(column.encounter, column.happened_at))


@require_safe
@requires(DOCUMENTS_READ)
def body(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """What stands in the place of a draft of such a sheet: nothing is typed on it."""
    document = access_document(request.user, document_uuid)
    row = CareSheet.objects.filter(document=document).first()
    return render(request, "encounters/bedside/_care_body.html", {"row": row, "document": document})
