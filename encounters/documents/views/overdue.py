"""What should have been signed by now: for its author, and for who oversees the department."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.ui.limits import heavy
from encounters.documents import permissions, selectors
from encounters.documents.forms import OverdueFilter

PAGE_SIZE = 50


@require_safe
@requires(permissions.READ)
@heavy
def overdue(request: StaffRequest) -> HttpResponse:
    """The list, by department and author."""
    everything = selectors.overdue_for(request.user)
    form = OverdueFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = everything.select_related("patient", "department", "author", "current_version__author").defer(
        "current_version__composition"
    )
    if department := chosen.get("department"):
        found = found.filter(department__uuid=department)
    if author := chosen.get("author"):
        found = found.filter(author__uuid=author)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    record("document.overdue", by=request.user, detail={"count": page.paginator.count})
    plain = everything.order_by()
    context = {
        "page": page,
        "departments": Organization.objects.filter(pk__in=plain.values("department")).order_by("code"),
        "authors": User.objects.filter(pk__in=plain.values("author")).order_by("sort_key"),
        "department": str(chosen.get("department") or ""),
        "author": str(chosen.get("author") or ""),
    }
    return render(request, "encounters/documents/overdue.html", context)


@require_safe
@requires(permissions.OVERSEE)
def panel(request: StaffRequest) -> HttpResponse:
    """The home page's panel: the oldest few, and how many there are."""
    found = selectors.overdue_for(request.user)
    context = {"documents": found.select_related("patient", "author")[:5], "count": found.count()}
    return render(request, "encounters/documents/_overdue_panel.html", context)
