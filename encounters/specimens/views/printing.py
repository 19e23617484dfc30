"""Labels as an answer."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

from emr.accounts.services import facility_setting
from emr.common.http import StaffRequest
from emr.terminology.selectors import choices_by_system
from encounters.specimens import services
from encounters.specimens.models import Specimen

FORMS = {"pdf": "application/pdf", "zpl": "application/zpl"}


def spoken(facility_id: int) -> dict[str, Any]:
    """What names tubes and kinds of specimens on a page; two queries."""
    return {
        "made": str(facility_setting(facility_id, "tube_colours")),
        "kinds": dict(choices_by_system(["specimen-type"]).get("specimen-type", [])),
    }


def answer_labels(request: StaffRequest, specimens: Sequence[Specimen]) -> HttpResponse:
    """The labels as PDF or ZPL by the form's `format`; each is counted, so that a reprint is known as one."""
    # WeasyPrint is loaded by who prints, not by every process.
    from encounters.specimens import labels  # noqa: PLC0415

    form = request.POST.get("format", "pdf")
    form = form if form in FORMS else "pdf"
    services.count_labels(specimens=specimens, by=request.user, form=form)
    shown = [labels.tube_label(specimen) for specimen in specimens]
    if form == "zpl":
        response = HttpResponse(labels.labels_zpl(shown), content_type=FORMS[form])
        response["Content-Disposition"] = 'attachment; filename="labels.zpl"'
        return response
    response = HttpResponse(labels.labels_pdf(shown), content_type=FORMS[form])
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response
