"""One document: shown, signed, declined; and the panel on the document's own page."""

import datetime as dt
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents import permissions as documents
from encounters.documents.access import access_document
from encounters.documents.models import Document
from signatures.signing import before as earlier
from signatures.signing import chains, desk, permissions, services
from signatures.signing.access import access_request
from signatures.signing.forms import AnswerForm, AskForm, RefuseForm, SignForm
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import colleagues, countersigners, latest_revision, next_for, steps_of
from signatures.signing.views import rounds, typed

# How long a document's page looks for the request that follows the print.
_ASKED_WITHIN = dt.timedelta(minutes=5)


def _context(request: StaffRequest, item: SigningRequest, **more: object) -> dict[str, object]:
    """What every piece of the page about one request needs."""
    fresh = services.is_fresh(item, revision=latest_revision(item.version_id))
    if item.is_open and item.status != SigningRequest.Status.FAILED:
        state = "ready" if fresh else "preparing"
    else:
        state = item.status
    document = item.version.document
    context = {
        "item": item,
        "document": document,
        "patient": document.patient,
        "state": state,
        "answered": desk.answered_before(item),
    }
    asked = typed.asked_of(request.user)
    return context | rounds.round_context(request, document.department, asked=asked) | asked | more


@requires(permissions.SIGN)
@require_GET
def sign_page(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """The document as it will be signed, and the PIN."""
    item = access_request(request.user, request_uuid)
    return render(
        request,
        "signatures/signing/sign.html",
        _context(request, item, form=SignForm(), refuse_form=RefuseForm()),
    )


@requires(permissions.SIGN)
@require_GET
def preview(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """The document beside the tray."""
    return render(
        request,
        "signatures/signing/_preview.html",
        _context(request, access_request(request.user, request_uuid)),
    )


@requires(permissions.SIGN)
@require_GET
def before(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """What was signed before, over which bytes, and whether anything but signatures came since."""
    item = access_request(request.user, request_uuid)
    context = {"item": item, "before": earlier.before(item)}
    return render(request, "signatures/signing/_before.html", context)


@requires(permissions.SIGN)
@require_GET
def shown_pdf(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """Exactly the bytes whose digest is frozen."""
    item = access_request(request.user, request_uuid)
    try:
        pdf = services.shown_bytes(item)
    except DomainError as refusal:
        return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
    document = item.version.document
    record(
        "document.read",
        by=request.user,
        of=document,
        patient=document.patient,
        detail={"sha256": item.sha256},
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{item.uuid}.pdf"'
    response["Content-Security-Policy"] = "sandbox"
    return response


@sensitive_variables("form", "pin", "typed_pin", "code", "sealed")
@sensitive_post_parameters("pin", "code")
@requires(permissions.SIGN)
@require_POST
def sign_one(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """Sign the document that the page showed: with the PIN typed, or with that of the ward round under way."""
    item = access_request(request.user, request_uuid)
    department = item.version.document.department
    form = SignForm(request.POST)
    if not form.is_valid():
        return _again(request, item, form)
    typed_pin, asked = form.cleaned_data["pin"], typed.asked_of(request.user)
    pin = typed_pin or (None if asked["asks_code"] else rounds.kept_pin(request, department.pk))
    if not typed.is_complete(form, asked, pin):
        return _again(request, item, form)
    try:
        shown, code = {item.uuid: form.cleaned_data["sha256"]}, form.cleaned_data["code"]
        answer = typed.answer_in(request, asked)
        (outcome,) = services.sign_requests(shown=shown, pin=pin, code=code, answer=answer, by=request.user)
    except DomainError as refusal:
        if refusal.field == "pin" and typed_pin is None:
            rounds.end_round(request)
        form.add_error(typed.at_field(refusal), str(refusal))
        return _again(request, item, form)
    if not outcome.is_signed:
        form.add_error(None, outcome.problem)
        return _again(request, item, form)
    sealed, problem = "", ""
    if form.cleaned_data["keep"] and typed_pin is not None and not asked["asks_code"]:
        sealed, problem = rounds.begin_round(request, typed_pin, {department})
    following = next_for(request.user, after=item)
    context = _context(
        request, outcome.request, following=following, round_problem=problem, tells_round=bool(sealed)
    )
    return rounds.keep(render(request, "signatures/signing/_state.html", context), sealed)


def _again(request: StaffRequest, item: SigningRequest, form: SignForm) -> HttpResponse:
    return render(request, "signatures/signing/_state.html", _context(request, item, form=form), status=422)


@polled
@requires(permissions.SIGN)
@require_GET
def progress(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """Where it stands: being prepared, ready, being embedded, done."""
    item = access_request(request.user, request_uuid)
    following = next_for(request.user, after=item)
    return render(
        request,
        "signatures/signing/_state.html",
        _context(request, item, form=SignForm(), following=following),
    )


@polled
@requires(permissions.SIGN)
@require_POST
def prepare_again(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """Have the bytes prepared anew: they grew old, or something was wrong and has been put right."""
    item = access_request(request.user, request_uuid)
    context = _context(request, item, form=SignForm())
    if item.is_open and context["state"] != "ready":
        services.ask_to_prepare(item)
        context["state"] = "preparing"
    return render(request, "signatures/signing/_state.html", context)


@requires(permissions.SIGN)
@require_POST
def refuse(request: StaffRequest, request_uuid: UUID) -> HttpResponse:
    """Decline, with a reason."""
    item = access_request(request.user, request_uuid)
    form = RefuseForm(request.POST)
    if form.is_valid():
        try:
            item = services.decline(request=item, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "signatures/signing/_state.html", _context(request, item))
    return render(
        request, "signatures/signing/_refuse.html", _context(request, item, refuse_form=form), status=422
    )


@polled
@requires(documents.READ)
@require_GET
def panel(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """A document's signatures, for its own page."""
    return _panel(request, access_document(request.user, document_uuid))


def _panel(
    request: StaffRequest, document: Document, *, refusal: str = "", answer: str = "", status: int = 200
) -> HttpResponse:
    steps = list(steps_of(document))
    mine = next((step for step in steps if step.signer_id == request.user.pk and step.is_open), None)
    may_ask = bool(steps) and document.author_id == request.user.pk and not document.is_closed
    context = {
        "document": document,
        "steps": steps,
        "mine": mine,
        "refusal": refusal,
        "is_waiting": any(step.status in {"pending", "signed"} for step in steps)
        or _is_fresh(document, steps),
        "countersigners": _askable(document, steps) if may_ask else [],
        "came_back": may_ask and any(step.status == "refused" and step.settled_at is None for step in steps),
        "answer": answer,
        "ahead": desk.ahead_of(document, steps),
    }
    return render(request, "signatures/signing/_panel.html", context, status=status)


def _is_fresh(document: Document, steps: list[SigningRequest]) -> bool:
    """Just confirmed: its author will be asked as soon as the print is made."""
    version = document.current_version
    return not steps and version is not None and now() - version.frozen_at < _ASKED_WITHIN


def _askable(document: Document, steps: list[SigningRequest]) -> list[User]:
    """Superiors; where the form's chain asks for members whom the author names, the house's doctors too."""
    people = countersigners(document, asked=steps)
    if chains.wants_members(document):
        known = {person.pk for person in people}
        people += [one for one in colleagues(document, asked=steps) if one.pk not in known]
    return people


@requires(permissions.SIGN)
@require_POST
def ask(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The author asks somebody more to sign; several at once sign in any order."""
    document = access_document(request.user, document_uuid)
    form = AskForm(request.POST, people=_askable(document, list(steps_of(document))))
    if not form.is_valid() or document.current_version is None or document.author_id != request.user.pk:
        return _panel(request, document, refusal=_("Choose who is to sign."), status=422)
    chosen = User.objects.filter(uuid__in=form.cleaned_data["signer"], facility_id=document.facility_id)
    try:
        services.request_together(
            version=document.current_version, signers=list(chosen.order_by("sort_key")), by=request.user
        )
    except DomainError as refusal:
        return _panel(request, document, refusal=str(refusal), status=422)
    return _panel(request, document)


@requires(permissions.SIGN)
@require_POST
def ask_again(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The author answers a refusal without changing the document."""
    document = access_document(request.user, document_uuid)
    form = AnswerForm(request.POST)
    answer = form.cleaned_data["answer"] if form.is_valid() else ""
    try:
        services.ask_again(document=document, answer=answer, by=request.user)
    except DomainError as refusal:
        typed = request.POST.get("answer", "")[:300]
        return _panel(request, document, refusal=str(refusal), answer=typed, status=422)
    return _panel(request, document)
