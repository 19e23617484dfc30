"""Anybody may ask whether a document's signatures hold; nothing is kept, nothing clinical is shown."""

import threading

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from emr.accounts.access import public
from emr.audit.services import record
from emr.common import wall
from emr.common.http import StaffRequest
from emr.storage.revisions import newest_of
from emr.ui.limits import at_most
from encounters.bundles.models import RecordExtract
from encounters.bundles.selectors import extract_by_code
from encounters.documents.issued import standing_of
from encounters.scanning.models import Paper
from signatures.verification import services
from signatures.verification.forms import CodeForm, UploadForm
from signatures.verification.selectors import confirmation_of, paper_by_code, version_by_code
from signatures.verification.shown import print_report, shown
from signatures.verification.verdicts import Report

# Strangers' files are checked one after the other: each costs a process, and the ward comes first.
_one_at_a_time = threading.BoundedSemaphore(1)
_WAIT_SECONDS = 10


@public
@at_most(20)
@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Send a PDF or type a code."""
    form, code_form = UploadForm(), CodeForm()
    if request.method == "POST" and "code" in request.POST:
        code_form = CodeForm(request.POST)
        if code_form.is_valid():
            return redirect("signatures:verification:code", code=code_form.cleaned_data["code"])
    elif request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            return _judge_upload(request, form)
    context = {"form": form, "code_form": code_form}
    return render(
        request,
        "signatures/verification/upload.html",
        context,
        status=422 if request.method == "POST" else 200,
    )


def _judge_upload(request: HttpRequest, form: UploadForm) -> HttpResponse:
    if not _one_at_a_time.acquire(timeout=_WAIT_SECONDS):
        return render(request, "signatures/verification/busy.html", status=503)
    try:
        # Whose paper it is isn't known: the answer is yes or no alone.
        with wall.everywhere():
            report, is_kept = services.verify_upload(form.cleaned_data["file"].read())
    finally:
        _one_at_a_time.release()
    record(
        "document.verify", detail={"sha256": report.sha256, "verdict": report.verdict.value, "kept": is_kept}
    )
    if "print" in request.POST:
        return _printed(report, name=str(form.cleaned_data["file"].name), is_kept=is_kept)
    context = {"report": shown(report), "is_kept": is_kept, "form": UploadForm(), "code_form": CodeForm()}
    return render(request, "signatures/verification/upload.html", context)


def _printed(report: Report, **about: object) -> HttpResponse:
    """The same report as a PDF, to be put beside the document."""
    response = HttpResponse(print_report(report, about), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="signatures.pdf"'
    return response


@public
@at_most(60, methods=("GET",))
@never_cache
@require_GET
def code(request: StaffRequest, code: str) -> HttpResponse:
    """What stands behind a printed code: is it ours, is it current, do its signatures hold."""
    with wall.everywhere():  # who holds the print knows whose it is; only the code says it to us
        version = version_by_code(code)
        extract = extract_by_code(code) if version is None else None
        paper = paper_by_code(code) if version is None and extract is None else None
    if extract is not None:
        return _extract(request, extract)
    if paper is not None:
        return _paper(request, paper)
    if version is None:
        return render(request, "signatures/verification/code.html", {"code": code[:40]}, status=404)
    with wall.within(version.facility_id):
        report, is_current = services.verify_code(version)
        confirmation = confirmation_of(version)
        standing = standing_of(version.document)
    record("document.verify", of=version, detail={"by": "code", "current": is_current})
    if report is not None and "print" in request.GET:
        return _printed(report, version=version, is_current=is_current)
    context = {
        "code": version.verify_code,
        "version": version,
        "is_current": is_current,
        "report": shown(report) if report is not None else None,
        "confirmation": confirmation,
        "standing": standing,
    }
    return render(request, "signatures/verification/code.html", context)


def _extract(request: HttpRequest, extract: RecordExtract) -> HttpResponse:
    """An extract's code: whether it is ours, still in force, and its seal holds. For whom and of whom isn't said."""
    with wall.within(extract.facility_id):
        report = services.verify_extract(extract)
    record("record_extract.verify", of=extract, detail={"by": "code", "over": extract.is_over})
    context = {
        "code": extract.verify_code,
        "extract": extract,
        "report": shown(report) if report is not None else None,
    }
    return render(request, "signatures/verification/extract.html", context)


def _paper(request: StaffRequest, paper: Paper) -> HttpResponse:
    """The digital copy of paper behind a code: whether its seal holds, when it was made; nothing of what it shows."""
    assert paper.sealed is not None  # noqa: S101  looked for by that
    with wall.within(paper.facility_id):
        newest = newest_of(paper.sealed)
        report = services.verify_kept(newest, sha256=newest.sha256)
    record("document.verify", of=paper, detail={"by": "code", "current": paper.status == Paper.Status.SEALED})
    context = {
        "code": paper.verify_code,
        "paper": paper,
        "is_current": paper.status == Paper.Status.SEALED,
        "report": shown(report),
    }
    return render(request, "signatures/verification/paper.html", context)
