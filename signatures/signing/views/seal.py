"""The seal keeper's list: what everybody has signed and waits for the facility's seal."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import fresh, polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from signatures.certificates.selectors import seal_of
from signatures.signing import permissions, services
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import being_embedded, waiting_for
from signatures.signing.views.tray import chosen_of

PAGE = 50


@fresh(RECENT_MINUTES)
@requires(permissions.SEAL)
@require_http_methods(["GET", "HEAD", "POST"])
def seal(request: StaffRequest) -> HttpResponse:
    """Put the seal on the chosen documents; each answers for itself. Whoever does it has just proven who they are."""
    if request.method != "POST":
        record("seal.list", by=request.user)
        return _page(request)
    shown = chosen_of(request)
    if not shown:
        return _page(request, problem=_("Choose at least one document."), status=422)
    try:
        outcomes = services.seal_documents(shown=shown, by=request.user)
    except DomainError as refusal:
        return _page(request, problem=str(refusal), chosen=shown, status=422)
    count = sum(outcome.is_signed for outcome in outcomes)
    if count:
        told = ngettext("%(count)d document sealed.", "%(count)d documents sealed.", count) % {"count": count}
        messages.success(request, told)
    problems = {outcome.request.pk: outcome.problem for outcome in outcomes if not outcome.is_signed}
    if problems:
        return _page(request, problems=problems, chosen=shown)
    return redirect("signatures:signing:seal")


def _page(
    request: StaffRequest,
    *,
    problem: str = "",
    problems: dict[int, str] | None = None,
    chosen: dict[UUID, str] | None = None,
    status: int = 200,
    template: str = "signatures/signing/seal.html",
) -> HttpResponse:
    items = waiting_for(request.user).filter(is_seal=True).order_by("waiting_since", "pk")
    page = Paginator(items, PAGE).get_page(request.GET.get("page"))
    rows = []
    for item in page:
        is_ready = services.is_fresh(item, revision=getattr(item, "newest", None))
        failed = item.status == SigningRequest.Status.FAILED
        rows.append(
            {
                "item": item,
                "state": "ready" if is_ready else "failed" if failed else "preparing",
                "problem": (problems or {}).get(item.pk)
                or (_(item.problem) if failed and item.problem else ""),
                "is_chosen": item.uuid in (chosen or {}),
            }
        )
    embedding = being_embedded(request.user).count()
    is_preparing = any(row["state"] == "preparing" for row in rows)
    context = {
        "rows": rows,
        "page": page,
        "problem": problem,
        "certificate": seal_of(request.user.facility),
        "embedding": embedding,
        "is_preparing": is_preparing,
        # As soon as a box may be ticked, the list stays as it is under the person's hand.
        "polls": (is_preparing or embedding > 0) and not any(row["state"] == "ready" for row in rows),
    }
    return render(request, template, context, status=status)


@polled
@requires(permissions.SEAL)
@require_GET
def seal_rows(request: StaffRequest) -> HttpResponse:
    """The list again, while something in it is being prepared or sealed."""
    return _page(request, template="signatures/signing/_seal.html")
