"""Extracts of the log: asked for, watched, taken away; each step a line of the log."""

import secrets
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.forms import AuditFilterForm
from emr.audit.selectors import Question, question_of
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.storage.services import read_bytes
from signatures.sealing import permissions, services
from signatures.sealing.access import access_extract
from signatures.sealing.forms import ExtractForm
from signatures.sealing.models import LogExtract
from signatures.sealing.selectors import extracts_of

SHOWN = 30


@requires(permissions.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: StaffRequest) -> HttpResponse:
    """What was asked for, and the form to ask for what the log page shows."""
    question, selection = _selection(request)
    form = ExtractForm(request.POST or None, initial={"key": secrets.token_hex(16)})
    if request.method == "POST" and form.is_valid() and question is not None:
        try:
            services.request_extract(question=question, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect("signatures:sealing:exports")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "selection": selection, "question": question} | _rows(request)
    return render(request, "signatures/sealing/exports.html", context, status=status)


def _selection(request: StaffRequest) -> tuple[Question | None, list[tuple[str, str]]]:
    """(what the log page last showed this person, the same in words)."""
    kept = AuditFilterForm(request.session.get("audit_question"))
    if not kept.is_valid():
        return None, []
    words = [
        (str(kept.fields[name].label), str(kept[name].value())) for name in kept.fields if kept[name].value()
    ]
    return question_of(request.user.facility_id, kept.cleaned_data), words


def _rows(request: StaffRequest) -> dict[str, Any]:
    extracts = list(extracts_of(request.user)[:SHOWN])
    unfinished = (LogExtract.Status.WAITING, LogExtract.Status.RUNNING)
    record("log_extract.list", by=request.user, detail={"count": len(extracts)})
    return {"extracts": extracts, "is_under_way": any(one.status in unfinished for one in extracts)}


@polled
@requires(permissions.EXPORT)
@require_safe
def extract_rows(request: StaffRequest) -> HttpResponse:
    """The list again, while something is under way."""
    return render(request, "signatures/sealing/_extracts.html", _rows(request))


@requires(permissions.EXPORT)
@require_safe
def take(request: StaffRequest, extract_uuid: UUID) -> HttpResponse:
    """The bundle: lines, manifest, seal. That it was taken is written down before a byte leaves."""
    extract = access_extract(request.user, extract_uuid)
    if extract.attachment is None:
        return HttpResponse(status=404)
    record("log_extract.export", by=request.user, of=extract, detail={"manifest": extract.manifest_sha256})
    response = HttpResponse(read_bytes(extract.attachment), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="nhat-ky-{extract.created_at:%Y%m%d-%H%M}.zip"'
    return response
