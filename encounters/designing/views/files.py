"""Forms as FHIR Questionnaire files: taken in, given out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.designing import permissions, services
from encounters.designing.access import access_draft, access_version
from encounters.designing.exchange import NotAForm, as_file
from encounters.designing.forms import FileForm

FHIR_JSON = "application/fhir+json"
_TOLD = 20


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.EDIT)
def take_in(request: StaffRequest) -> HttpResponse:
    """A Questionnaire of somebody else's becomes a draft; what is wrong in it is named with its place."""
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            draft, taken = services.take_in_file(
                content=told["file"].read(),
                code=told["code"],
                by=request.user,
                without_formulas=told["without_formulas"],
            )
        except NotAForm as refusal:
            form.add_error("file", str(refusal))
            context["problems"] = refusal.problems
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The file is a draft now."))
            if taken.notes:
                messages.info(request, _in_words(taken.notes))
            return redirect("encounters:designing:draft", draft.uuid)
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/designing/take_in.html", context, status=status)


def _in_words(notes: list[str]) -> str:
    count = len(notes)
    said = ngettext(
        "%(n)d part of it is kept without effect here:",
        "%(n)d parts of it are kept without effect here:",
        count,
    ) % {"n": count}
    more = [] if count <= _TOLD else ["…"]
    return f"{said} {'; '.join(notes[:_TOLD] + more)}"


@require_safe
@requires(permissions.READ)
def version_file(request: StaffRequest, version_uuid: UUID) -> HttpResponse:
    """A version as a FHIR Questionnaire."""
    found = access_version(request.user, version_uuid)
    record("form.export", by=request.user, of=found, detail={"code": found.code, "version": found.version})
    response = HttpResponse(as_file(found.resource), content_type=FHIR_JSON)
    response["Content-Disposition"] = f'attachment; filename="{_name(found.code, found.version)}"'
    return response


@require_safe
@requires(permissions.READ)
def draft_file(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """A draft as it stands now."""
    found = access_draft(request.user, draft_uuid)
    record("form.export", by=request.user, of=found, detail={"code": found.code, "revision": found.revision})
    response = HttpResponse(as_file(found.resource), content_type=FHIR_JSON)
    response["Content-Disposition"] = f'attachment; filename="{_name(found.code, f"draft-{found.revision}")}"'
    return response


def _name(code: str, version: str) -> str:
    plain = "".join(one if one.isascii() and one.isalnum() else "-" for one in f"{code}-{version}")
    return f"Questionnaire-{plain}.json"
