"""Break the glass, and review who did."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import fold
from patients.emergency_access import permissions, services
from patients.emergency_access.access import access_review, reviews_for
from patients.emergency_access.forms import OpenForm, ReviewForm
from patients.emergency_access.models import EmergencyAccess
from patients.emergency_access.offers import offered_patient
from patients.emergency_access.reasons import reasons_of
from patients.registry.models import Patient
from patients.registry.subjects import own_numbers

PAGE = 50


def _offered(request: StaffRequest) -> Patient:
    patient = offered_patient(request.user, request.POST.get("offer", ""))
    if patient is None:
        raise Denied(permissions.OPEN)
    return patient.merged_into or patient


@requires(permissions.OPEN)
@require_POST
def ask(request: StaffRequest) -> HttpResponse:
    """Why? Shown for the offer that a search by exact number made; nothing of the patient stands here."""
    patient = _offered(request)
    form = OpenForm(reasons=reasons_of(patient.facility_id))
    context = {"form": form, "offer": request.POST["offer"], "minutes": services.MINUTES}
    return render(request, "patients/emergency_access/open.html", context)


@requires(permissions.OPEN)
@require_POST
def open_chart(request: StaffRequest) -> HttpResponse:
    """Open it: the chart, for an hour."""
    patient = _offered(request)
    form = OpenForm(request.POST, reasons=reasons_of(patient.facility_id))
    if form.is_valid():
        try:
            services.open_emergency_access(patient=patient, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            if refusal.code == "reached":
                return redirect("patients:registry:chart", patient.uuid)
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:registry:chart", patient.uuid)
    context = {"form": form, "offer": request.POST["offer"], "minutes": services.MINUTES}
    return render(request, "patients/emergency_access/open.html", context, status=422)


@requires(permissions.REVIEW)
@require_safe
def reviews(request: StaffRequest) -> HttpResponse:
    """What is to be judged, the oldest first, and what was."""
    return _reviews(request)


def _reviews(
    request: StaffRequest, form: ReviewForm | None = None, refused: EmergencyAccess | None = None
) -> HttpResponse:
    found = reviews_for(request.user).select_related("user", "department", "reviewed_by")
    waiting = found.filter(verdict="")
    chips = {
        "waiting": (_("To be reviewed"), waiting),
        "overdue": (_("Overdue"), waiting.filter(review_due_on__lt=local_today())),
        "reviewed": (_("Reviewed"), found.exclude(verdict="")),
    }
    chip = request.GET.get("show", "")
    chip = chip if chip in chips else "waiting"
    rows = chips[chip][1]
    words = request.GET.get("by", "").strip()
    for word in fold(words).split():
        rows = rows.filter(Q(user__search_name__contains=word) | Q(user__username__startswith=word))
    order = ("-reviewed_at", "-pk") if chip == "reviewed" else ("review_due_on", "pk")
    page = Paginator(rows.order_by(*order), PAGE).get_page(request.GET.get("page"))
    numbers = own_numbers({row.patient_id for row in page.object_list})
    record("emergency_access.list", by=request.user, detail={"show": chip, "count": len(page)})
    context = {
        "page": page,
        "rows": [(row, numbers.get(row.patient_id, "")) for row in page.object_list],
        "chips": [(key, title, rows.count(), key == chip) for key, (title, rows) in chips.items()],
        "chip": chip,
        "words": words,
        "verdicts": EmergencyAccess.Verdict.choices,
        "form": form,
        "refused": refused,
    }
    status = 422 if form is not None else 200
    return render(request, "patients/emergency_access/reviews.html", context, status=status)


@requires(permissions.REVIEW)
@require_POST
def review(request: StaffRequest, access_uuid: UUID) -> HttpResponse:
    """Judge one."""
    access = access_review(request.user, access_uuid)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            services.review_emergency_access(access=access, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:emergency_access:reviews")
    return _reviews(request, form, access)


@requires(permissions.REVIEW)
@require_safe
def panel(request: StaffRequest) -> HttpResponse:
    """Home panel: how many wait for a verdict, and how many too long."""
    waiting = reviews_for(request.user).filter(verdict="")
    context = {
        "count": waiting.count(),
        "overdue": waiting.filter(review_due_on__lt=local_today()).count(),
        "oldest": waiting.select_related("user", "department").order_by("review_due_on", "pk")[:3],
    }
    return render(request, "patients/emergency_access/_panel.html", context)
