"""Signing on a ward round: one PIN for a while, for one ward's documents (decision 0014)."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from emr.accounts.models import Organization
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import services as signin
from emr.signin.selectors import row_of
from signatures.providers.base import Pin


@sensitive_variables("here", "secret")
def kept_pin(request: StaffRequest, department_id: int) -> Pin | None:
    """The PIN of the round under way here, for a document of its ward; None: it is asked for."""
    here = signin.round_here(request, request.user)
    if here is None or here[0].department_id != department_id:
        return None
    return Pin(here[1].decode())


@sensitive_variables("here")
def round_context(
    request: StaffRequest, department: Organization | None = None, *, asked: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What pages say: the round under way; whether it covers the department; whether one may begin there.

    A key that asks for a one-time code each time, or for no PIN, has nothing that a round could keep.
    """
    can_keep = asked is None or (asked["asks_pin"] and not asked["asks_code"])
    here = signin.round_here(request, request.user)
    begun = here[0] if here is not None else None
    covers = (
        can_keep and begun is not None and department is not None and begun.department_id == department.pk
    )
    minutes = signin.round_minutes(request.user.facility_id)
    works_here = department is not None and any(
        held.department_id == department.pk for held in request.user.current_roles
    )
    return {
        "round": begun,
        "is_on_round": covers,
        "may_begin_round": can_keep and works_here and not covers and minutes > 0,
        "round_department": department,
        "round_minutes": minutes,
        "round_next": request.path,
    }


@sensitive_variables("pin")
def begin_round(request: StaffRequest, pin: Pin, departments: set[Organization]) -> tuple[str, str]:
    """(sealed PIN for the browser, or why no round began). The PIN has just opened the key."""
    if len(departments) != 1:
        return "", _("The round has not begun: choose documents of one department for it.")
    (department,) = departments
    try:
        sealed = signin.begin_here(request, user=request.user, department=department, secret=pin.reveal())
    except DomainError as refusal:
        return "", _("The round has not begun: %(why)s") % {"why": str(refusal)}
    return sealed, ""


def end_round(request: StaffRequest) -> None:
    """Its PIN doesn't fit any more: it is asked for again. The browser's half is worth nothing from now on."""
    signin.end_rounds(session=row_of(request))


def keep(response: HttpResponse, sealed: str) -> HttpResponse:
    """The answer with the browser's half, when a round has begun."""
    if sealed:
        signin.keep_in_browser(response, sealed)
    return response
