"""Spoken orders: who may have said one, which wait, how one reads on the sheet."""

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import PractitionerRole, User
from emr.common.clock import now
from encounters.orders import permissions
from encounters.orders.models import SpokenOrder
from encounters.visits.access import stay_reached
from encounters.visits.models import Encounter

OPEN, DECIDED, ALL = "open", "decided", "all"


def doctors_for(encounter: Encounter) -> list[User]:
    """Who may order for this stay at this moment, by name; cover duty counts. One query."""
    held = (
        PractitionerRole.objects.filter(user__facility_id=encounter.facility_id, user__is_active=True)
        .filter(Q(department=encounter.department) | Q(department=encounter.facility_id))
        .at(now())
        .with_grants()
        .select_related("department", "user")
    )
    found = {row.user_id: row.user for row in held if permissions.PLACE in row.grants}
    return sorted(found.values(), key=lambda user: user.sort_key)


def spoken_for(user: User, *, show: str = OPEN, whose: str = "", text: str = "") -> QuerySet[SpokenOrder]:
    """What the person has to do with: said or recorded by them, or of patients whom they reach; the oldest first.

    `whose`: "mine" keeps what they said or are asked about. `text`: part of the patient's or a person's name.
    """
    mine = Q(prescriber=user) | Q(recorded_by=user)
    found = SpokenOrder.objects.filter(facility_id=user.facility_id)
    found = found.filter(
        mine if whose == "mine" else mine | stay_reached(user, permissions.READ, "encounter")
    )
    if show == OPEN:
        found = found.filter(outcome=SpokenOrder.Outcome.OPEN)
    elif show == DECIDED:
        found = found.exclude(outcome=SpokenOrder.Outcome.OPEN)
    if text.strip():
        found = found.filter(
            Q(patient__full_name__icontains=text.strip()) | Q(prescriber__full_name__icontains=text.strip())
        )
    order = ("due_at", "pk") if show == OPEN else ("-spoken_at", "-pk")
    return found.select_related(
        "patient", "encounter__department", "prescriber", "recorded_by", "decided_by", "entry"
    ).order_by(*order)


def spoken_of_entries(entry_ids: set[int]) -> dict[int, SpokenOrder]:
    """{entry: what was spoken}. One query."""
    found = SpokenOrder.objects.filter(entry__in=entry_ids).select_related(
        "prescriber", "recorded_by", "decided_by"
    )
    return {spoken.entry_id: spoken for spoken in found}


def spoken_text(spoken: SpokenOrder) -> str:
    """Both persons in one line, as the sheet prints it."""
    at = f"{timezone.localtime(spoken.spoken_at):%H:%M %d/%m/%Y}"
    names = {
        "doctor": spoken.prescriber.titled_name,
        "nurse": spoken.recorded_by.titled_name,
        "time": at,
        "reason": spoken.reason,
    }
    if spoken.kind == SpokenOrder.Kind.URGENT_DOSE:
        words = (
            _("urgent dose before the order at %(time)s by %(nurse)s (%(reason)s); told: %(doctor)s") % names
        )
    elif spoken.kind == SpokenOrder.Kind.TELEPHONE:
        words = (
            _("ordered by telephone at %(time)s by %(doctor)s; written and read back by %(nurse)s") % names
        )
    else:
        words = _("spoken order at %(time)s by %(doctor)s; written and read back by %(nurse)s") % names
    if spoken.outcome == SpokenOrder.Outcome.REJECTED and spoken.decided_by is not None:
        words += "; " + _("not confirmed by %(doctor)s: %(note)s") % {
            "doctor": spoken.decided_by.titled_name,
            "note": spoken.note,
        }
    return words
