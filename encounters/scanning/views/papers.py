"""One paper: its pages beside its data, arranged, checked, sealed."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.storage.revisions import last_revision, newest_of
from emr.storage.services import read_bytes
from emr.storage.strangers import handed_over
from encounters.scanning import permissions, selectors, services
from encounters.scanning.access import access_original, access_page, access_paper
from encounters.scanning.forms import AcceptForm, ActionForm, DescribeForm, ReasonForm, said
from encounters.scanning.models import Paper
from encounters.visits.access import acts_here


@require_safe
@requires(permissions.READ)
def paper(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """The pages and what they are."""
    found = access_paper(request.user, paper_uuid)
    record("paper.read", by=request.user, of=found)
    user = request.user
    may_check = acts_here(user, permissions.CHECK, found.encounter)
    is_hand = user.pk in selectors.hands_of(found)
    context = {
        "paper": found,
        "revision": last_revision(found.sealed_id) if found.sealed_id is not None else None,
        "encounter": found.encounter,
        "patient": found.patient,
        "pages": selectors.pages_of(found),
        "removed": list(found.pages.filter(removed_at__isnull=False)),
        "events": list(found.events.select_related("by").order_by("-pk")[:60]),
        "may_arrange": found.is_open and acts_here(user, permissions.UPLOAD, found.encounter),
        "may_describe": acts_here(user, permissions.UPLOAD, found.encounter),
        "may_check": may_check and not is_hand,
        "is_hand": is_hand and may_check,
        "may_take_back": may_check,
        "form": DescribeForm(initial={"day": found.day, "shelf": found.shelf}),
    }
    return render(request, "encounters/scanning/paper.html", context)


@polled
@require_safe
@requires(permissions.READ)
def state(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Whether the seal is on it; once it is, the page is loaded anew."""
    found = access_paper(request.user, paper_uuid)
    response = render(request, "encounters/scanning/_sealing.html", {"paper": found})
    if found.status != Paper.Status.ACCEPTED:
        response["HX-Refresh"] = "true"
    return response


def _back(request: StaffRequest, found: Paper, refusal: DomainError | None = None) -> HttpResponse:
    if refusal is not None:
        messages.error(request, str(refusal))
    return redirect("encounters:scanning:paper", found.uuid)


@require_POST
@requires(permissions.UPLOAD)
def arrange(request: StaffRequest, paper_uuid: UUID, sheet_uuid: UUID) -> HttpResponse:
    """Turn, move, take out, put back or unfile one page."""
    found = access_paper(request.user, paper_uuid, permissions.UPLOAD)
    page = found.pages.filter(uuid=sheet_uuid).select_related("paper").first()
    if page is None:
        raise Denied(permissions.UPLOAD, entity=found)
    form = ActionForm(request.POST)
    if not form.is_valid():
        return _back(request, found)
    try:
        services.arrange(page=page, action=services.Action(form.cleaned_data["action"]), by=request.user)
    except DomainError as refusal:
        return _back(request, found, refusal)
    return _back(request, found)


@require_POST
@requires(permissions.UPLOAD)
def describe(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Of which day it is, where the paper lies."""
    found = access_paper(request.user, paper_uuid, permissions.UPLOAD)
    form = DescribeForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form))
        services.describe(paper=found, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _back(request, found, refusal)
    return _back(request, found)


@require_POST
@requires(permissions.UPLOAD)
def hand_in(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Hand it in again."""
    found = access_paper(request.user, paper_uuid, permissions.UPLOAD)
    try:
        services.hand_in(paper=found, by=request.user)
    except DomainError as refusal:
        return _back(request, found, refusal)
    return _back(request, found)


@require_POST
@requires(permissions.CHECK)
def accept(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Accept what was looked at."""
    found = access_paper(request.user, paper_uuid, permissions.CHECK)
    form = AcceptForm(request.POST)
    try:
        revision = form.cleaned_data["revision"] if form.is_valid() else 0
        services.accept(paper=found, revision=revision, by=request.user)
    except DomainError as refusal:
        return _back(request, found, refusal)
    return _back(request, found)


@require_POST
@requires(permissions.CHECK)
def send_back(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Return it with a reason."""
    return _with_reason(request, paper_uuid, services.send_back)


@require_POST
@requires(permissions.CHECK)
def error(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """Take it back: it doesn't belong here."""
    return _with_reason(request, paper_uuid, services.enter_in_error)


def _with_reason(request: StaffRequest, paper_uuid: UUID, verb: Callable[..., Paper]) -> HttpResponse:
    found = access_paper(request.user, paper_uuid, permissions.CHECK)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        verb(paper=found, reason=reason, by=request.user)
    except DomainError as refusal:
        return _back(request, found, refusal)
    return _back(request, found)


@require_safe
@requires(permissions.READ)
def pdf(request: StaffRequest, paper_uuid: UUID) -> HttpResponse:
    """The sealed copy, as it is kept."""
    found = access_paper(request.user, paper_uuid)
    if found.sealed is None:
        return HttpResponse(status=404)
    newest = newest_of(found.sealed)
    record("paper.read", by=request.user, of=found, detail={"sha256": newest.sha256})
    response = HttpResponse(read_bytes(newest), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.uuid}.pdf"'
    return response


@require_safe
@requires(permissions.READ)
def image(request: StaffRequest, sheet_uuid: UUID) -> HttpResponse:
    """One page as a picture."""
    return _picture(request, sheet_uuid, small=False)


@require_safe
@requires(permissions.READ)
def thumbnail(request: StaffRequest, sheet_uuid: UUID) -> HttpResponse:
    """One page, small."""
    return _picture(request, sheet_uuid, small=True)


@require_safe
@requires(permissions.READ)
def original(request: StaffRequest, sheet_uuid: UUID) -> HttpResponse:
    """The file that the page came in, byte for byte."""
    batch = access_original(request.user, sheet_uuid)
    record("scan.read", by=request.user, of=batch, detail={"sha256": batch.original.sha256})
    return handed_over(batch.original, name=f"original-{batch.uuid}")


def _picture(request: StaffRequest, sheet_uuid: UUID, *, small: bool) -> HttpResponse:
    page = access_page(request.user, sheet_uuid)
    kept = page.thumbnail if small else page.image
    if kept is None:
        raise Denied(permissions.READ, entity=page)
    record("scanned_page.read", by=request.user, of=page, detail={"small": small})
    return handed_over(kept, name=f"page-{page.uuid}")
