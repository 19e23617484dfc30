"""A record's file in its chart: ask for it, watch it being made, call it off, take it, check it."""

import datetime as dt
import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import fresh, polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.storage.revisions import last_revision, newest_of
from emr.storage.services import read_bytes
from emr.ui.limits import heavy
from encounters.bundles import hosobenhan, permissions, services
from encounters.bundles.access import access_bundle
from encounters.bundles.models import Bundle
from encounters.bundles.order import TITLES
from encounters.bundles.selectors import bundle_of
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter

_EXPORTS = {
    "xml": (hosobenhan.as_xml, "application/xml"),
    "json": (hosobenhan.as_json, "application/json"),
    "xsd": (lambda _export: hosobenhan.as_schema(), "application/xml"),
}


@requires(permissions.READ)
@require_safe
def page(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The file's state, what is in it, what may be done."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    bundle = bundle_of(encounter)
    record("bundle.read", by=request.user, of=bundle or encounter, patient=encounter.patient)
    context = _context(request, encounter, bundle)
    if bundle is not None:
        content = Bundle.objects.values_list("content", flat=True).get(pk=bundle.pk)
        context["parts"] = _parts(content["pieces"])
        context["count"] = len(content["pieces"])
    return render(request, "encounters/bundles/page.html", context)


def _context(request: StaffRequest, encounter: Encounter, bundle: Bundle | None) -> dict[str, Any]:
    return {
        "encounter": encounter,
        "patient": encounter.patient,
        "bundle": bundle,
        "revision": last_revision(bundle.attachment_id) if bundle and bundle.attachment_id else None,
        "may_make": request.user.has_right(permissions.MAKE),
        "may_extract": request.user.has_right(permissions.EXTRACT),
    }


def dated(piece: dict[str, Any]) -> dict[str, Any]:
    """The piece with its time as an instant."""
    return piece | {"at": dt.datetime.fromisoformat(piece["at"])}


def _parts(pieces: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for piece in pieces:
        grouped.setdefault(piece["part"], []).append(dated(piece))
    return [(TITLES[part], members) for part, members in grouped.items()]


@require_POST
@requires(permissions.MAKE)
def ask(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Ask for the file of the record as it stands now."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.MAKE)
    try:
        services.request_bundle(encounter, by=request.user, archive_number=encounter.archive_number)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return redirect("encounters:bundles:page", encounter.uuid)


@polled
@require_safe
@requires(permissions.READ)
def state(request: StaffRequest, bundle_uuid: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    bundle = access_bundle(request.user, bundle_uuid)
    return render(request, "encounters/bundles/_state.html", _context(request, bundle.encounter, bundle))


@require_POST
@requires(permissions.MAKE)
def cancel(request: StaffRequest, bundle_uuid: UUID) -> HttpResponse:
    """Call it off."""
    bundle = access_bundle(request.user, bundle_uuid, permissions.MAKE)
    services.cancel_bundle(bundle, by=request.user)
    return redirect("encounters:bundles:page", bundle.encounter.uuid)


@require_POST
@requires(permissions.MAKE)
def again(request: StaffRequest, bundle_uuid: UUID) -> HttpResponse:
    """Make after all what was called off or failed."""
    bundle = access_bundle(request.user, bundle_uuid, permissions.MAKE)
    services.resume_bundle(bundle, by=request.user)
    return redirect("encounters:bundles:page", bundle.encounter.uuid)


@requires(permissions.READ)
@fresh(RECENT_MINUTES)
@require_safe
def pdf(request: StaffRequest, bundle_uuid: UUID) -> HttpResponse:
    """The sealed file. That it was taken is written down before a byte leaves."""
    bundle = access_bundle(request.user, bundle_uuid)
    if bundle.attachment is None:
        return HttpResponse(status=404)
    newest = newest_of(bundle.attachment)
    record("bundle.export", by=request.user, of=bundle, detail={"sha256": newest.sha256})
    response = HttpResponse(read_bytes(newest), content_type="application/pdf")
    name = f"HSBA-{bundle.encounter.identifier}-{bundle.digest[:12]}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@requires(permissions.READ)
@fresh(RECENT_MINUTES)
@require_safe
def export(request: StaffRequest, bundle_uuid: UUID, kind: str) -> HttpResponse:
    """HoSoBenhAn alone, as it stands inside the file: XML, JSON, or the XML's schema."""
    bundle = access_bundle(request.user, bundle_uuid)
    make, content_type = _EXPORTS[kind]
    made = make(bundle.content["export"])
    detail = {"kind": kind, "sha256": hashlib.sha256(made).hexdigest()}
    record("bundle.export", by=request.user, of=bundle, detail=detail)
    response = HttpResponse(made, content_type=content_type)
    response["Content-Disposition"] = (
        f'attachment; filename="HoSoBenhAn-{bundle.encounter.identifier}.{kind}"'
    )
    return response


@require_POST
@requires(permissions.READ)
@heavy
def check(request: StaffRequest, bundle_uuid: UUID) -> HttpResponse:
    """Check the kept file now: the seal, the manifest, each signature inside."""
    from encounters.bundles.checking import check_bundle  # noqa: PLC0415 -- loads qpdf

    bundle = access_bundle(request.user, bundle_uuid)
    if bundle.attachment is None:
        return HttpResponse(status=404)
    checked = check_bundle(read_bytes(newest_of(bundle.attachment)))
    record("bundle.verify", by=request.user, of=bundle, detail={"holds": checked.holds})
    signed = sum(verdict == "valid" for _name, verdict in checked.files)
    context = {"checked": checked, "signed": signed, "bundle": bundle}
    return render(request, "encounters/bundles/_checked.html", context)
