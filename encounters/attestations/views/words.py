"""The hospital's own short words and what they mean."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.attestations import abbreviations, permissions, services
from encounters.attestations.forms import WordForm
from encounters.attestations.models import Abbreviation


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.CONFIGURE)
def words(request: StaffRequest) -> HttpResponse:
    """Those of the hospital, which may be added and removed, and those that ship."""
    form = WordForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.add_abbreviation(by=request.user, **form.cleaned_data)
            except DomainError as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                return redirect("encounters:attestations:words")
    context = {
        "form": form,
        "own": Abbreviation.objects.filter(facility_id=request.user.facility_id)
        .select_related("added_by")
        .order_by("short"),
        "shipped": sorted(abbreviations.shipped().items()),
    }
    return render(request, "encounters/attestations/words.html", context, status=status)


@require_POST
@requires(permissions.CONFIGURE)
def remove(request: StaffRequest, word_uuid: UUID) -> HttpResponse:
    """Take one of the hospital's own away."""
    row = Abbreviation.objects.filter(facility_id=request.user.facility_id, uuid=word_uuid).first()
    if row is None:
        raise Http404
    services.remove_abbreviation(row=row, by=request.user)
    return redirect("encounters:attestations:words")
