"""Many charts at once by treatment codes: what would be listed is shown before anything is."""

from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.ui.limits import at_most
from encounters.inspections import codes as listing
from encounters.inspections import permissions
from encounters.inspections.access import access_mandate
from encounters.inspections.forms import CodesForm


@requires(permissions.PREPARE)
@at_most(30)
@require_POST
def codes(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """Say of each code what it leads to; with `listing`, put what was found on the list."""
    found = access_mandate(request.user, mandate_uuid, permissions.PREPARE)
    form, refusal = CodesForm(request.POST, request.FILES), ""
    rows: list[listing.Checked] = []
    try:
        if not form.is_valid():
            raise DomainError(next(iter(form.errors.values()))[0])
        file = form.cleaned_data["file"]
        named = listing.codes_in(listing.codes_of_file(file.read()) if file else form.cleaned_data["codes"])
        if not named:
            raise DomainError(_("Paste at least one code."))
        if form.cleaned_data["listing"]:
            count = listing.list_codes(mandate=found, codes=named, by=request.user)
            messages.success(request, _("%(count)d stays were put on the list.") % {"count": count})
            return redirect("encounters:inspections:mandate", found.uuid)
        rows = listing.check_codes(found, named, request.user)
    except DomainError as error:
        refusal = str(error)
    counts = Counter(row.state for row in rows)
    record("patient.search", by=request.user, detail={"mandate": found.number, "codes": len(rows)})
    context = {
        "mandate": found,
        "rows": rows,
        "codes": "\n".join(row.code for row in rows),
        "counts": [(state, words, counts[state]) for state, words in listing.WORDS.items() if counts[state]],
        "found_count": counts[listing.FOUND],
        "refusal": refusal,
    }
    return render(request, "encounters/inspections/codes.html", context, status=422 if refusal else 200)
