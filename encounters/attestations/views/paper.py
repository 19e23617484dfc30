"""One paper: who took it, issued again, taken back; and what stands beside its draft."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.attestations import checks as rules
from encounters.attestations import permissions, services
from encounters.attestations.access import access_paper, access_paper_of
from encounters.attestations.forms import HandOverForm, ReasonForm
from encounters.attestations.models import Attestation
from encounters.documents.models import DocumentDraft
from encounters.visits.access import acts_here


def _page(request: StaffRequest, paper: Attestation, form: HandOverForm | None = None) -> dict[str, Any]:
    stay = paper.encounter
    told = {"key": uuid.uuid4(), "receiver_name": paper.patient.full_name, "copies": 1}
    return {
        "paper": paper,
        "encounter": stay,
        "patient": paper.patient,
        "handovers": list(paper.handovers.select_related("handed_by")),
        "reissues": list(paper.reissues.select_related("document").order_by("pk")),
        "form": form or HandOverForm(initial=told),
        "may_hand_over": paper.stands and acts_here(request.user, permissions.HAND_OVER, stay),
        "may_issue": acts_here(request.user, permissions.ISSUE, stay),
        "is_open": paper.status in {"draft", "numbered", "issued"},
    }


@require_safe
@requires(permissions.READ)
def show(request: StaffRequest, attestation_uuid: UUID) -> HttpResponse:
    """The paper's line of the register, and what may be done with it."""
    paper = access_paper(request.user, attestation_uuid)
    record("attestation.read", by=request.user, of=paper, patient=paper.patient)
    return render(request, "encounters/attestations/paper.html", _page(request, paper))


@require_POST
@requires(permissions.HAND_OVER)
def hand_over(request: StaffRequest, attestation_uuid: UUID) -> HttpResponse:
    """Enter who took it."""
    paper = access_paper(request.user, attestation_uuid, permissions.HAND_OVER)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            services.hand_over(paper=paper, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The paper was handed over."))
            return redirect("encounters:attestations:paper", paper.uuid)
    return render(request, "encounters/attestations/paper.html", _page(request, paper, form), status=422)


@require_POST
@requires(permissions.ISSUE)
def reissue(request: StaffRequest, attestation_uuid: UUID) -> HttpResponse:
    """Begin it again, under a number of its own."""
    paper = access_paper(request.user, attestation_uuid, permissions.ISSUE)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        anew = services.reissue_paper(paper=paper, reason=reason, by=request.user)
    except DomainError as refusal:
        return _refused(request, paper, refusal)
    return redirect("encounters:documents:document", anew.document.uuid)


@require_POST
@requires(permissions.ISSUE)
def take_back(request: StaffRequest, attestation_uuid: UUID) -> HttpResponse:
    """Cancel or recall it, with the reason."""
    paper = access_paper(request.user, attestation_uuid, permissions.ISSUE)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        services.take_back(paper=paper, reason=reason, by=request.user)
    except DomainError as refusal:
        return _refused(request, paper, refusal)
    messages.success(request, _("The paper was taken back; its number stays in the register."))
    return redirect("encounters:attestations:paper", paper.uuid)


def _refused(request: StaffRequest, paper: Attestation, refusal: DomainError) -> HttpResponse:
    context = _page(request, paper) | {"refusal": str(refusal)}
    status = 409 if isinstance(refusal, Conflict) else 422
    return render(request, "encounters/attestations/paper.html", context, status=status)


@require_safe
@requires(permissions.ISSUE)
def checks(request: StaffRequest, paper_document_uuid: UUID) -> HttpResponse:
    """Beside the draft: its number, what must be put right, short words."""
    paper = access_paper_of(request.user, paper_document_uuid, permissions.ISSUE)
    return render(request, "encounters/attestations/_checks.html", _checks(paper))


def _checks(paper: Attestation) -> dict[str, Any]:
    draft = DocumentDraft.objects.filter(document=paper.document_id).first()
    content = draft.content if draft is not None else {}
    begins, ends, _days = rules.leave_of(content)
    is_overlapping = begins is not None and ends is not None and rules.overlapping(paper, begins, ends)
    return {
        "paper": paper,
        "document": paper.document,
        "words": rules.words_of(paper, content),
        "problems": rules.problems(paper, paper.document, content),
        "is_overlapping": bool(is_overlapping) and not paper.overlap_reason,
    }


@require_POST
@requires(permissions.ISSUE)
def in_full(request: StaffRequest, paper_document_uuid: UUID) -> HttpResponse:
    """Write the known short words out, and show the draft anew."""
    paper = access_paper_of(request.user, paper_document_uuid, permissions.ISSUE)
    try:
        services.write_in_full(paper=paper, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return redirect("encounters:documents:document", paper_document_uuid)


@require_POST
@requires(permissions.ISSUE)
def keep(request: StaffRequest, paper_document_uuid: UUID) -> HttpResponse:
    """Let short words or an overlap stand, for a reason."""
    paper = access_paper_of(request.user, paper_document_uuid, permissions.ISSUE)
    try:
        services.keep_words(
            paper=paper,
            reason=request.POST.get("reason", ""),
            overlap_reason=request.POST.get("overlap_reason", ""),
            by=request.user,
        )
    except DomainError as refusal:
        context = _checks(paper) | {"refusal": str(refusal)}
        return render(request, "encounters/attestations/_checks.html", context, status=422)
    paper.refresh_from_db()
    return render(request, "encounters/attestations/_checks.html", _checks(paper))
