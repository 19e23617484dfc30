"""Pages of documents: write, confirm, read, amend, print."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.asking import proof_first
from emr.storage.services import read_bytes
from encounters.documents import permissions, selectors, services
from encounters.documents.access import (
    access_document,
    access_to_write,
    may_write,
    moved_sides,
    right_to_write,
)
from encounters.documents.confirmed import asks_patient
from encounters.documents.editing import SHOWN, draft_to_show, editor_of
from encounters.documents.forms import BeginForm, ReasonForm
from encounters.documents.grave import is_grave
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.services.drafting import latest_earlier
from encounters.documents.shown import shown_to
from encounters.visits.access import access_encounter, acts_here
from patients.registry.access import emergency_until, reaches


def _back(request: HttpRequest) -> str:
    """Where to go once the document is confirmed, on this host: a page that shows its form beside other things; or ""."""
    asked = request.POST.get("back", "")[:200]
    return asked if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, None) else ""


def _revision(request: HttpRequest) -> int:
    value = request.POST.get("version", "")
    return int(value) if value.isdigit() and len(value) < 9 else 0


@require_safe
@requires(permissions.READ)
def course(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The stay's treatment sheets: the days as columns of one course."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("course.read", by=request.user, of=encounter)
    days = selectors.course_of(encounter, finished_alone=request.user.is_listed_only(permissions.READ))
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "days": days,
        "entry_code": selectors.ENTRY,
        "may_print": bool(days)
        and request.user.has_right(permissions.PRINT, encounter.department_id)
        and (
            emergency_until(request.user, encounter.patient) is None
            or reaches(request.user, encounter.patient, permissions.PRINT)
        ),
        "may_write": acts_here(request.user, permissions.WRITE, encounter),
    }
    return render(request, "encounters/documents/course.html", context)


@require_safe
@requires(permissions.READ)
def documents(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Every document of the stay."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("document.list", by=request.user, of=encounter)
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "documents": selectors.documents_of(
            encounter, finished_alone=request.user.is_listed_only(permissions.READ)
        ).defer("current_version__composition", "current_version__response__resource", "draft__content"),
        "may_begin": acts_here(request.user, permissions.NOTE, encounter),
        "may_write": acts_here(request.user, permissions.WRITE, encounter),
    }
    return render(request, "encounters/documents/list.html", context)


@require_POST
@requires(permissions.READ)
def begin(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Open a new document of the stay; with `copy`, carried on from the one before, or the one of today
    that this person has begun already.
    """
    right = right_to_write(request.user, request.POST.get("code", "")[:20])
    encounter = access_encounter(request.user, encounter_uuid, right)
    form = BeginForm(request.POST)
    if form.is_valid():
        code, copies = form.cleaned_data["code"], form.cleaned_data["copy"]
        if copies and (begun := selectors.begun_today(encounter, code, request.user)):
            return redirect(_back(request) or reverse("encounters:documents:document", args=[begun.uuid]))
        try:
            document = services.begin_document(
                encounter=encounter,
                code=code,
                by=request.user,
                happened_at=form.cleaned_data["happened_at"],
                late_reason=form.cleaned_data["late_reason"],
                about=form.cleaned_data["about"],
            )
            if copies and latest_earlier(document):
                services.copy_earlier(document=document, by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect(_back(request) or reverse("encounters:documents:document", args=[document.uuid]))
    context = {"encounter": encounter, "patient": encounter.patient, "form": form}
    return render(request, "encounters/documents/begin.html", context, status=422)


@require_safe
@requires(permissions.READ)
def document(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """One document: its form while it is written, its PDF and signatures once it is finished."""
    found = access_document(request.user, document_uuid)
    record("document.read", by=request.user, of=found)
    draft = draft_to_show(found)
    allowed = may_write(request.user, found, right_to_write(request.user, found.code))
    moved = {"moved": moved_sides(request.user, found)}
    if draft is not None and allowed:
        return render(request, "encounters/documents/edit.html", editor_of(found, draft) | moved)
    return render(request, "encounters/documents/read.html", _reader(found, may_write=allowed) | moved)


def _reader(document: Document, *, may_write: bool) -> dict[str, Any]:
    version = document.current_version
    return {
        "document": document,
        "encounter": document.encounter,
        "patient": document.patient,
        "version": version,
        "versions": selectors.versions_of(document),
        "pdf": selectors.latest_bytes(version) if version else None,
        "may_write": may_write and not document.is_closed,
        "asks_patient": asks_patient(document.code),
    }


@require_POST
@requires(permissions.READ)
def draft(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Autosave: 200 with the new version, 409 with the difference, 422 when the page is of another form."""
    found = access_to_write(request.user, document_uuid)
    try:
        saved = services.save_draft(
            document=found,
            fields=request.POST,
            revision=_revision(request),
            by=request.user,
        )
    except services.DraftConflict as conflict:
        context = {"conflict": conflict, "document": found}
        return render(request, "encounters/documents/_conflict.html", context, status=409)
    except DomainError as refusal:
        return JsonResponse({"detail": str(refusal)}, status=409 if refusal.code == "finished" else 422)
    record("document.save_draft", by=request.user, of=found, detail={"version": saved.revision})
    return JsonResponse({"version": saved.revision})


@require_POST
@requires(permissions.READ)
def copy(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Carry the earlier entry on into this draft."""
    found = access_to_write(request.user, document_uuid)
    try:
        services.copy_earlier(document=found, by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:documents:document", found.uuid)


@require_POST
@requires(permissions.READ)
def finalize(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Save what the page holds and confirm it; what is missing is shown beside its field."""
    found = access_to_write(request.user, document_uuid)
    if is_grave(found.code) and (asked := proof_first(request, request.user)):
        return asked
    try:
        revision = _revision(request)
        if DocumentDraft.objects.filter(document=found).exists():
            revision = services.save_draft(
                document=found, fields=request.POST, revision=revision, by=request.user
            ).revision
        services.finalize_document(
            document=found,
            revision=revision,
            by=request.user,
            overruling=request.POST.get("overruling", ""),
        )
    except services.NotComplete as missing:
        kept = DocumentDraft.objects.select_related(*SHOWN).get(document=found)
        context = editor_of(found, kept, missing.problems) | {
            "reasons": missing.reasons,
            "may_overrule": missing.is_warning,
            "back": _back(request),
        }
        return render(request, "encounters/documents/edit.html", context, status=422)
    except services.DraftConflict as conflict:
        kept = DocumentDraft.objects.select_related(*SHOWN).get(document=found)
        context = editor_of(found, kept) | {"conflict": conflict, "back": _back(request)}
        return render(request, "encounters/documents/edit.html", context, status=409)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect(_back(request) or reverse("encounters:documents:document", args=[found.uuid]))


def _refused(request: HttpRequest, document: Document, refusal: DomainError) -> HttpResponse:
    context = _reader(document, may_write=True) | {"refusal": str(refusal)}
    status = 409 if refusal.code in {"finished", "conflict"} else 422
    return render(request, "encounters/documents/read.html", context, status=status)


@require_POST
@requires(permissions.READ)
def amend(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Open the next version, with its reason."""
    found = access_to_write(request.user, document_uuid)
    form = ReasonForm(request.POST)
    try:
        services.amend_document(document=found, reason=form.data.get("reason", ""), by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:documents:document", found.uuid)


@require_POST
@requires(permissions.READ)
def discard(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Throw the draft away."""
    found = access_to_write(request.user, document_uuid)
    try:
        services.discard_draft(document=found, by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:documents:course", found.encounter.uuid)


@require_POST
@requires(permissions.READ)
def enter_in_error(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Take the document back, with its reason."""
    found = access_to_write(request.user, document_uuid)
    try:
        services.enter_in_error(document=found, reason=request.POST.get("reason", ""), by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:documents:document", found.uuid)


@polled
@require_safe
@requires(permissions.READ)
def state(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The finished document's panel, polled until its PDF is there."""
    found = access_document(request.user, document_uuid)
    return render(request, "encounters/documents/_pdf.html", _reader(found, may_write=False))


@require_safe
@requires(permissions.READ)
def shown_pdf(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The same bytes for the page that draws them: reading isn't printing, and emergency access reads. Who looks from
    outside sees a stamped copy.
    """
    found = access_document(request.user, document_uuid)
    stored = selectors.latest_bytes(found.current_version) if found.current_version else None
    if stored is None:
        return HttpResponse(status=404)
    record("document.read", by=request.user, of=found, detail={"sha256": stored.sha256})
    shown = shown_to(request.user, found, read_bytes(stored.attachment))
    response = HttpResponse(shown, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.uuid}.pdf"'
    response["Content-Security-Policy"] = "sandbox"
    return response


@require_safe
@requires(permissions.PRINT)
def pdf(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The newest PDF of the present version, as signed as it is."""
    found = access_document(request.user, document_uuid, permissions.PRINT)
    stored = selectors.latest_bytes(found.current_version) if found.current_version else None
    if stored is None:
        return HttpResponse(status=404)
    record(
        "document.print",
        by=request.user,
        of=found,
        detail={"revision": stored.revision, "sha256": stored.sha256},
    )
    response = HttpResponse(read_bytes(stored.attachment), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.code.replace("/", "-")}-{found.uuid}.pdf"'
    return response


@require_safe
@requires(permissions.NOTE)
def unfinished(request: StaffRequest) -> HttpResponse:
    """Home panel: what I have begun and not finished or signed."""
    context = {
        "documents": selectors.unfinished_for(request.user)[:20],
        "overdue": selectors.overdue_for(request.user).filter(author=request.user).count(),
    }
    return render(request, "encounters/documents/_unfinished.html", context)
