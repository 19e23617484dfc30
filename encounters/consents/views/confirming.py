"""The page that is handed to the patient: the document as it is, and the ways to confirm it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.storage.services import read_bytes
from emr.storage.strangers import handed_over
from encounters.consents import permissions, services
from encounters.consents.access import access_confirmation, access_for_confirming
from encounters.consents.forms import AskForm, ConfirmForm, said
from encounters.consents.models import Confirmation, ConfirmationChallenge
from encounters.consents.official import allowed_ways
from encounters.consents.selectors.evidence import confirmation_of, evidence_of
from encounters.consents.selectors.round import next_of_round, of_department
from encounters.consents.services.confirming import PAPER_MEGABYTES
from encounters.consents.ways import adapters_for
from encounters.documents.access import access_document
from encounters.documents.daily import daily_disclosure
from encounters.documents.models import Document
from encounters.documents.permissions import READ
from encounters.documents.selectors import latest_bytes
from encounters.visits.access import acts_here
from patients.registry.access import same_person
from patients.registry.models import RelatedPerson


def _people(document: Document) -> list[RelatedPerson]:
    """Who stands for the patient as the chart knows it, representatives first."""
    own = RelatedPerson.objects.filter(patient__in=same_person(document.patient), ended_at=None)
    return list(own.order_by("-is_representative", "pk"))


def _form(request: StaffRequest, document: Document, people: list[RelatedPerson]) -> ConfirmForm:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return ConfirmForm(data, files, patient=document.patient, people=people)


def _round(request: StaffRequest, document: Document) -> dict[str, Any]:
    """Of a ward's round: which ward's, and whose turn is next."""
    wanted = request.GET.get("round") or request.POST.get("round") or ""
    disclosure = daily_disclosure()
    if not wanted or disclosure is None or document.code != disclosure.code:
        return {"round": None, "following": None}
    department = of_department(request.user, wanted)
    following = next_of_round(request.user, department, after=document) if department is not None else None
    return {"round": department, "following": following}


def _state(request: StaffRequest, document: Document) -> dict[str, Any]:
    """What the fragment about the confirmation needs: the evidence, or that there is none."""
    confirmation = confirmation_of(document)
    return {
        "document": document,
        "patient": document.patient,
        "evidence": evidence_of(confirmation) if confirmation is not None else None,
    } | _round(request, document)


@require_safe
@requires(permissions.TAKE)
def page(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The document, to be read by the patient on this screen, and confirmed."""
    document = access_for_confirming(request.user, document_uuid)
    record("document.read", by=request.user, of=document)
    people = _people(document)
    allowed = allowed_ways(document.facility_id, document.code)
    version = document.current_version
    stored = latest_bytes(version) if version is not None else None
    adapters = [a for a in adapters_for(document.facility_id) if a.way in allowed]
    context = _state(request, document) | {
        "form": _form(request, document, people),
        "people": people,
        "ways": _ways(allowed, adapters),
        "adapters": adapters,
        "version": version,
        "stored": stored,
        "is_strong": "drawn" not in allowed,
        "paper_megabytes": PAPER_MEGABYTES,
    }
    return render(request, "encounters/consents/confirm.html", context)


def _ways(allowed: list[Confirmation.Way], adapters: list[Any]) -> list[tuple[str, str]]:
    """(code, words) of the ways that can be taken here and now, in the order in which they are offered."""
    outside = {adapter.way for adapter in adapters}
    at_hand = {"drawn", "witnessed", "paper"}
    return [(way.value, str(way.label)) for way in allowed if way in at_hand or way in outside]


@require_safe
@requires(permissions.TAKE)
def shown_pdf(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Exactly the bytes that the patient reads; their digest is computed where they are drawn."""
    document = access_for_confirming(request.user, document_uuid)
    stored = latest_bytes(document.current_version) if document.current_version else None
    if stored is None or document.is_closed:
        return HttpResponse(status=404)
    record("document.read", by=request.user, of=document, detail={"sha256": stored.sha256})
    response = HttpResponse(read_bytes(stored.attachment), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{document.uuid}.pdf"'
    response["Content-Security-Policy"] = "sandbox"
    return response


@require_POST
@requires(permissions.TAKE)
def ask(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Send a code, or ask a service or reader; the fragment says what comes next."""
    document = access_for_confirming(request.user, document_uuid)
    form = AskForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("Wait until the document is shown."))
        challenge = services.ask_outside(document=document, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        context = {"document": document, "refusal": str(refusal)}
        status = 409 if isinstance(refusal, Conflict) else 422
        return render(request, "encounters/consents/_challenge.html", context, status=status)
    return render(request, "encounters/consents/_challenge.html", _challenge(document, challenge))


def _challenge(document: Document, challenge: ConfirmationChallenge) -> dict[str, Any]:
    adapter = next((a for a in adapters_for(document.facility_id) if a.name == challenge.provider), None)
    return {"document": document, "challenge": challenge, "adapter": adapter}


@polled
@require_safe
@requires(permissions.TAKE)
def asked(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """How far the newest question of this version is: being sent, sent, refused."""
    document = access_for_confirming(request.user, document_uuid)
    challenge = (
        ConfirmationChallenge.objects.filter(version_id=document.current_version_id)
        .order_by("-asked_at", "-pk")
        .first()
    )
    if challenge is None:
        return HttpResponse(status=204)
    return render(request, "encounters/consents/_challenge.html", _challenge(document, challenge))


@require_POST
@requires(permissions.TAKE)
def confirm(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Take the confirmation: 200 with its evidence, also when the same is sent again; 409 and 422 say why not."""
    document = access_for_confirming(request.user, document_uuid)
    form = _form(request, document, _people(document))
    try:
        if not form.is_valid():
            raise DomainError(said(form), code="form")
        services.confirm(
            document=document,
            told=_told(form, document),
            signer=form.signer,
            witness=form.witness,
            by=request.user,
        )
    except DomainError as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        context = {"refusal": str(refusal), "field": refusal.field}
        return render(request, "encounters/consents/_refusal.html", context, status=status)
    return render(request, "encounters/consents/_state.html", _state(request, document))


def _told(form: ConfirmForm, document: Document) -> services.Told:
    told = form.cleaned_data
    paper = told["paper"]
    return services.Told(
        key=told["key"],
        sha256=told["sha256"],
        way=told["way"],
        answer=told["answer"] or Confirmation.Answer.AGREED,
        told_at=told["told_at"],
        strokes=told["strokes"],
        challenge=ConfirmationChallenge.objects.filter(
            facility_id=document.facility_id, uuid=told["challenge"]
        ).first()
        if told["challenge"]
        else None,
        typed=told["code"],
        paper=paper.read(PAPER_MEGABYTES * 1024**2 + 1) if paper is not None else None,
    )


@polled
@require_safe
@requires(READ)
def state(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The evidence again, until the facility's seal is on it."""
    document = access_document(request.user, document_uuid, READ)
    return render(request, "encounters/consents/_state.html", _state(request, document))


@polled
@require_safe
@requires(READ)
def panel(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """For the document's own page: the evidence, or the way to the patient."""
    document = access_document(request.user, document_uuid, READ)
    confirmation = confirmation_of(document)
    context = {
        "document": document,
        "evidence": evidence_of(confirmation) if confirmation is not None else None,
        "may_take": document.current_version is not None
        and not document.is_closed
        and acts_here(request.user, permissions.TAKE, document.encounter),
    }
    return render(request, "encounters/consents/_panel.html", context)


@require_safe
@requires(READ)
def paper(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The copy of the paper that was signed."""
    confirmation = access_confirmation(request.user, document_uuid)
    if confirmation.paper is None:
        return HttpResponse(status=404)
    record("consent.read", by=request.user, of=confirmation, detail={"sha256": confirmation.paper.sha256})
    return handed_over(confirmation.paper, name=f"xac-nhan-{confirmation.uuid}")
