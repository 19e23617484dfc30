"""The paper of one stay: bring in, file, see what is there."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents.heading import numbers, person
from encounters.documents.marks import form_mark
from encounters.forms.selectors import normal_code
from encounters.scanning import permissions, selectors, services
from encounters.scanning.access import access_unfiled, unfiled_for
from encounters.scanning.forms import FileForm, UploadForm, said
from encounters.scanning.models import ScannedPage
from encounters.visits.access import access_encounter, acts_here


def _unfiled(request: StaffRequest, encounter_pk: int) -> list[ScannedPage]:
    waiting = unfiled_for(request.user).filter(batch__encounter=encounter_pk)
    return list(
        waiting.select_related("found__patient", "batch__encounter__patient").order_by("batch_id", "number")[
            :100
        ]
    )


@require_safe
@requires(permissions.READ)
def stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The paper of the stay; `?code=` is the form that something else said is missing."""
    user = request.user
    encounter = access_encounter(user, encounter_uuid, permissions.READ)
    papers = list(selectors.papers_of_stay(user, encounter))
    may_upload = acts_here(user, permissions.UPLOAD, encounter)
    record("paper.list", by=user, of=encounter, detail={"count": len(papers)})
    unfiled = _unfiled(request, encounter.pk) if may_upload else []
    running = selectors.batches_of_stay(user, encounter) if may_upload else []
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "papers": papers,
        "unfiled": unfiled,
        "reached": selectors.reached_of(user, unfiled),
        "batches": running,
        "may_upload": may_upload,
        "choices": selectors.form_choices(user.facility_id) if may_upload else [],
        "code": normal_code(request.GET.get("code", ""))[:20],
        "is_hybrid": any(paper.status == selectors.SEALED for paper in papers),
        "key": uuid.uuid4(),
    }
    return render(request, "encounters/scanning/stay.html", context)


@polled
@require_safe
@requires(permissions.UPLOAD)
def batches(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """How far the files are that this person handed in here; once all are read, the page is loaded anew."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.UPLOAD)
    running = selectors.batches_of_stay(request.user, encounter)
    response = render(
        request, "encounters/scanning/_running.html", {"batches": running, "encounter": encounter}
    )
    if not any(batch.is_under_way for batch in running):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@requires(permissions.UPLOAD)
def upload(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Take files in for this stay; pages without a code go to the form that was chosen."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.UPLOAD)
    form = UploadForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise DomainError(said(form))
        services.receive(
            files=form.uploads,
            key=form.cleaned_data["key"],
            by=request.user,
            encounter=encounter,
            code=form.cleaned_data["code"],
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("encounters:scanning:stay", encounter.uuid)


@require_POST
@requires(permissions.UPLOAD)
def file(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """File pages that wait to a form of this stay."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.UPLOAD)
    form = FileForm(request.POST)
    filed = 0
    if not form.is_valid():
        messages.error(request, _("Choose the form that this page is of."))
        return redirect("encounters:scanning:stay", encounter.uuid)
    for page_uuid in form.cleaned_data["pages"]:
        try:
            page = access_unfiled(request.user, UUID(page_uuid))
            services.file_page(
                page=page, encounter=encounter, code=form.cleaned_data["code"], by=request.user
            )
            filed += 1
        except (DomainError, ValueError) as refusal:
            messages.error(request, str(refusal))
    if filed:
        told = ngettext("%(count)d page is filed.", "%(count)d pages are filed.", filed)
        messages.success(request, told % {"count": filed})
    if request.POST.get("desk"):
        return redirect("encounters:scanning:desk")
    return redirect("encounters:scanning:stay", encounter.uuid)


@require_safe
@requires(permissions.UPLOAD)
def sheet(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """An empty sheet for a form of this stay, to be printed and written by hand: scanned, it files itself (`?code=`)."""
    from encounters.documents.rendering import qr_svg  # noqa: PLC0415 -- takes a second to import

    encounter = access_encounter(request.user, encounter_uuid, permissions.UPLOAD)
    code = normal_code(request.GET.get("code", ""))[:20]
    titles = dict(selectors.form_choices(request.user.facility_id))
    if code not in titles:
        messages.error(request, _("Choose the form."))
        return redirect("encounters:scanning:stay", encounter.uuid)
    record("paper.print", by=request.user, of=encounter, detail={"code": code})
    context = {
        "encounter": encounter,
        "code": code,
        "title": titles[code],
        "numbers": numbers(encounter, code),
        "person": person(encounter, local_today()),
        "qr": qr_svg(form_mark(encounter.uuid, code)),
    }
    return render(request, "encounters/scanning/sheet.html", context)
