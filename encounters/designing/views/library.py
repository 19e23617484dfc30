"""The forms of the house: the list, one form with its versions, one version as page and print, a new form."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.designing import permissions, preview, services
from encounters.designing.access import access_version
from encounters.designing.checks import differences
from encounters.designing.forms import LastDayForm, NewFormForm
from encounters.designing.selectors import KINDS, STATES, forms_of, open_draft, versions_of
from encounters.forms.engine import parse

PAGE_SIZE = 50


@require_safe
@requires(permissions.READ)
def forms(request: StaffRequest) -> HttpResponse:
    """Every form, by number; narrowed by words, kind and validity."""
    asked = {name: request.GET.get(name, "")[:80] for name in ("q", "kind", "state")}
    lines = forms_of(request.user.facility, words=asked["q"], kind=asked["kind"], state=asked["state"])
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    record("form.list", by=request.user, detail={"count": len(page)})
    context = {"page": page, "asked": asked, "kinds": KINDS.items(), "states": STATES.items()} | _rights(
        request
    )
    return render(request, "encounters/designing/forms.html", context)


def _rights(request: StaffRequest) -> dict[str, bool]:
    return {
        "may_edit": request.user.has_right(permissions.EDIT),
        "may_publish": request.user.has_right(permissions.PUBLISH),
    }


@require_safe
@requires(permissions.READ)
def form(request: StaffRequest) -> HttpResponse:
    """One form (`code` in the address): its versions, from when to when, who published them, what is being changed."""
    code, facility = request.GET.get("code", "")[:20], request.user.facility
    if not code:
        return redirect("encounters:designing:forms")
    lines, draft = versions_of(facility, code), open_draft(facility, code)
    if not lines and draft is None:
        raise Http404
    record("form.read", by=request.user, of=facility, detail={"code": code})
    present = next((line for line in lines if line.is_present), lines[0] if lines else None)
    context = {
        "code": code,
        "title": present.version.title if present else draft.title if draft else "",
        "lines": lines,
        "present": present,
        "draft": draft,
        "form": LastDayForm(),
    }
    return render(request, "encounters/designing/form.html", context | _rights(request))


@require_safe
@requires(permissions.READ)
def version(request: StaffRequest, version_uuid: UUID) -> HttpResponse:
    """One version as clinicians get it and as it is printed, with made-up answers, and what it changed."""
    found = access_version(request.user, version_uuid)
    shown = "print" if request.GET.get("show") == "print" else "form"
    record("form.read", by=request.user, of=found, detail={"code": found.code, "version": found.version})
    made = getattr(found, "draft", None)
    before = made.based_on.resource if made is not None and made.based_on is not None else None
    context: dict[str, Any] = {
        "version": found,
        "made": made,
        "show": shown,
        "differences": differences(before, found.resource) if before is not None else [],
    }
    if shown == "form":
        context["form"] = preview.as_answered_page(found.resource)
    template = "_version.html" if request.htmx else "version.html"
    return render(request, f"encounters/designing/{template}", context | _rights(request))


@require_safe
@requires(permissions.READ)
def version_print(request: StaffRequest, version_uuid: UUID) -> HttpResponse:
    """The print of a version with made-up answers."""
    found = access_version(request.user, version_uuid)
    record("form.print", by=request.user, of=found, detail={"code": found.code, "version": found.version})
    facility = request.user.facility
    content = preview.as_pdf(
        parse(found.resource), code=found.code, facility=facility.name, authority=facility.authority
    )
    return pdf_answer(content)


def pdf_answer(content: bytes) -> HttpResponse:
    """A print of nobody's data, for the page that draws it."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="mau.pdf"'
    response["Content-Security-Policy"] = "sandbox"
    return response


@require_POST
@requires(permissions.EDIT)
def change(request: StaffRequest, version_uuid: UUID) -> HttpResponse:
    """Begin, or go on with, what will follow this version."""
    found = access_version(request.user, version_uuid, permissions.EDIT)
    return redirect("encounters:designing:draft", services.begin_draft(version=found, by=request.user).uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.EDIT)
def new(request: StaffRequest) -> HttpResponse:
    """A form of the house's own: from nothing, or (`copy` in the address, a version) from another one."""
    copied = request.GET.get("copy", "")
    source = access_version(request.user, _uuid(copied), permissions.EDIT) if copied else None
    asked = NewFormForm(request.POST or None)
    if request.method == "POST" and asked.is_valid():
        told = {"code": asked.cleaned_data["code"], "title": asked.cleaned_data["title"], "by": request.user}
        try:
            draft = services.begin_copy(version=source, **told) if source else services.begin_new(**told)
        except DomainError as refusal:
            asked.add_error(refusal.field, str(refusal))
        else:
            return redirect("encounters:designing:draft", draft.uuid)
    context = {"form": asked, "source": source}
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/designing/new.html", context, status=status)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
