"""Wristbands and record labels."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from encounters.visits import permissions
from encounters.visits.access import access_encounter, refuse_in_emergency

if TYPE_CHECKING:
    from encounters.visits.labels import Label


def _printed(request: StaffRequest, encounter_uuid: UUID, kind: str, form: str) -> "Label":
    from encounters.visits import labels  # noqa: PLC0415  # WeasyPrint is loaded by who prints, not by every process

    if kind not in labels.SIZES:
        raise Http404
    stay = access_encounter(request.user, encounter_uuid)
    refuse_in_emergency(request.user, "label.print", stay)
    record("label.print", by=request.user, of=stay, detail={"kind": kind, "format": form})
    return labels.label_of(stay)


@requires(permissions.READ)
@require_safe
def pdf(request: StaffRequest, encounter_uuid: UUID, kind: str) -> HttpResponse:
    """The label as a page of its own size; printing is on record."""
    from encounters.visits import labels  # noqa: PLC0415

    label = _printed(request, encounter_uuid, kind, "pdf")
    response = HttpResponse(labels.label_pdf(label, kind), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{label.barcode}.pdf"'
    return response


@requires(permissions.READ)
@require_safe
def zpl(request: StaffRequest, encounter_uuid: UUID, kind: str) -> HttpResponse:
    """The label for a label printer, to be sent to it as it is."""
    from encounters.visits import labels  # noqa: PLC0415

    label = _printed(request, encounter_uuid, kind, "zpl")
    response = HttpResponse(labels.label_zpl(label, kind), content_type="application/zpl")
    response["Content-Disposition"] = f'attachment; filename="{kind}-{label.barcode}.zpl"'
    return response
