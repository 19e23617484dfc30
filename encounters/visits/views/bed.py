"""A free bed: who is to lie in it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.accounts.models import Location
from emr.audit.services import record
from emr.common.http import StaffRequest
from encounters.visits import permissions, selectors


@requires(permissions.BEDS)
@require_safe
def free_bed(request: StaffRequest, bed_uuid: UUID) -> HttpResponse:
    """Who may be put here with one more click: the department's patients, those without a bed first, and who came to
    the emergency room or the examination and waits.
    """
    user = request.user
    departments = {department.pk: department for department in selectors.board_departments(user)}
    bed = (
        Location.objects.filter(uuid=bed_uuid, kind=Location.Kind.BED, department__in=departments)
        .select_related("department", "parent")
        .first()
    )
    if bed is None or bed.department_id is None:
        raise Http404
    may_move = user.has_right(permissions.TRANSFER, bed.department_id)
    may_admit = user.has_right(permissions.ADMIT, bed.department_id)
    stays, waiting = selectors.candidates_for(user, bed.department_id)
    record("bed_board.read", by=user, of=bed, detail={"patients": len(stays) + len(waiting)})
    context = {
        "bed": bed,
        "department": bed.department,
        "is_free": bed in selectors.free_beds(departments[bed.department_id]),
        "stays": stays if may_move else [],
        "waiting": waiting if may_admit else [],
        "may_admit": may_admit,
    }
    return render(request, "encounters/visits/free_bed.html", context)
