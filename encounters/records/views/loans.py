"""The lending desk."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.records import permissions, services
from encounters.records.access import access_loan, access_record
from encounters.records.forms import LoanForm, ReasonForm
from encounters.records.selectors.worklist import loans_for

PAGE = 50
_SHOWN = [
    ("asked", gettext_lazy("To be approved")),
    ("running", gettext_lazy("Lent now")),
    ("overdue", gettext_lazy("Folders overdue")),
    ("all", gettext_lazy("All")),
]


@requires(permissions.OVERSEE)
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """What is lent, to whom, until when; what waits for approval."""
    return _desk(request, request.GET.get("show", ""))


def _desk(request: StaffRequest, show: str, refusal: str = "", status: int = 200) -> HttpResponse:
    user = request.user
    show = show if show in dict(_SHOWN) else "running"
    page = Paginator(loans_for(user, show), PAGE).get_page(request.GET.get("page"))
    record("record_loan.list", by=user, detail={"show": show, "count": len(page.object_list)})
    context = {
        "page": page,
        "chips": [(key, title, loans_for(user, key).count(), key == show) for key, title in _SHOWN],
        "refusal": refusal,
    }
    return render(request, "encounters/records/loans.html", context, status=status)


@requires(permissions.LEND)
@require_http_methods(["GET", "HEAD", "POST"])
def lend(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Prepare the lending of one archived record."""
    stay = access_record(request.user, encounter_uuid, permissions.LEND)
    form = LoanForm(request.POST or None, facility_id=stay.facility_id, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        try:
            services.ask_for_loan(encounter=stay, by=request.user, request_key=told.pop("key"), **told)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Prepared. Somebody else approves it before anything is lent."))
            return redirect("encounters:records:record", stay.uuid)
    context = {"form": form, "encounter": stay, "patient": stay.patient}
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/records/lend.html", context, status=status)


@requires(permissions.APPROVE_LOAN)
@require_POST
def approve(request: StaffRequest, loan_uuid: UUID) -> HttpResponse:
    """Let it come into force."""
    loan = access_loan(request.user, loan_uuid, permissions.APPROVE_LOAN)
    try:
        services.approve_loan(loan=loan, by=request.user)
    except DomainError as refusal:
        return _desk(request, "asked", str(refusal), _status(refusal))
    return redirect("encounters:records:loans")


@requires(permissions.APPROVE_LOAN)
@require_POST
def refuse(request: StaffRequest, loan_uuid: UUID) -> HttpResponse:
    """Say no."""
    loan = access_loan(request.user, loan_uuid, permissions.APPROVE_LOAN)
    form = ReasonForm(request.POST)
    try:
        services.refuse_loan(
            loan=loan, reason=form.cleaned_data["reason"] if form.is_valid() else "", by=request.user
        )
    except DomainError as refusal:
        return _desk(request, "asked", str(refusal), _status(refusal))
    return redirect("encounters:records:loans")


@requires(permissions.LEND)
@require_POST
def give_back(request: StaffRequest, loan_uuid: UUID) -> HttpResponse:
    """It came back."""
    loan = access_loan(request.user, loan_uuid, permissions.LEND)
    try:
        services.return_loan(loan=loan, by=request.user)
    except DomainError as refusal:
        return _desk(request, "running", str(refusal), _status(refusal))
    return redirect("encounters:records:loans")


def _status(refusal: DomainError) -> int:
    return 409 if isinstance(refusal, Conflict) else 422
