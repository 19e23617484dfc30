"""The checklist of one record: what it lacks, whose that is, what was let go."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.completeness import permissions, selectors, services, worklist
from encounters.completeness.access import access_stay
from encounters.completeness.selectors import Gap
from encounters.documents.permissions import WRITE
from encounters.visits.access import acts_here
from encounters.visits.models import Encounter


@require_safe
@requires(permissions.READ)
def checklist(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What the record lacks, grouped by who owes it; what is fine is folded away."""
    stay = access_stay(request.user, encounter_uuid)
    record("completeness.read", by=request.user, of=stay)
    return render(request, "encounters/completeness/stay.html", _context(request, stay))


def _context(request: StaffRequest, stay: Encounter) -> dict[str, Any]:
    gaps = selectors.gaps_of(stay)
    open_gaps = [gap for gap in gaps if gap.is_open]
    return {
        "encounter": stay,
        "patient": stay.patient,
        "groups": _by_owner(open_gaps),
        "blocking": sum(gap.blocks for gap in open_gaps),
        "advisory": sum(not gap.blocks for gap in open_gaps),
        "fine": selectors.fine_rules_of(stay, gaps),
        "overrides": list(selectors.overrides_of(stay)),
        "may_override": acts_here(request.user, permissions.OVERRIDE, stay),
        "may_write": acts_here(request.user, WRITE, stay),
    }


def _by_owner(gaps: list[Gap]) -> list[tuple[str, list[Gap]]]:
    names = worklist.names_of(gaps)
    groups: dict[str, list[Gap]] = {}
    for gap in gaps:
        role = worklist.ROLE_NAMES.get(gap.owner_role, gap.owner_role)
        groups.setdefault(names.get(gap.owner_id) or str(role), []).append(gap)
    return list(groups.items())


@require_POST
@requires(permissions.OVERRIDE)
def override(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Let the record be closed without one thing, with a reason."""
    stay = access_stay(request.user, encounter_uuid, permissions.OVERRIDE)
    try:
        services.override_gap(
            encounter=stay,
            key=request.POST.get("key", "")[:120],
            reason=request.POST.get("reason", ""),
            by=request.user,
        )
    except DomainError as refusal:
        context = _context(request, stay) | {"refusal": str(refusal)}
        return render(request, "encounters/completeness/stay.html", context, status=422)
    messages.success(request, _("Set aside. The reason stands with the record for ever."))
    return redirect("encounters:completeness:stay", stay.uuid)
