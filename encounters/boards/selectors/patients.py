"""Who stands behind a number of the briefing: for who may open the charts of that department."""

from dataclasses import dataclass

from django.db.models import Q

from emr.accounts.models import Organization, User
from encounters.boards.periods import BriefingDay
from encounters.boards.selectors.briefing import Places, movements, places_between, severe_stays
from encounters.visits import permissions as visits
from patients.registry.access import not_hidden

SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Behind:
    """The patients of a number, and how many of them are kept closely: those are counted, not named."""

    places: Places
    hidden: int


def reads_charts(user: User, department: Organization | None) -> bool:
    """Whether the person may open the charts of that department (None: of the whole house)."""
    return user.has_right(visits.READ) and (
        user.has_right(visits.READ, department.pk)
        if department is not None
        else not isinstance(user.departments_for(visits.READ), frozenset)
    )


def patients_behind(user: User, day: BriefingDay, what: str, department: Organization | None) -> Behind:
    """The places that make up a number ("admitted", "died" …, "severe"), by name; of one department or the whole house.

    `reads_charts` comes first.
    """
    places = places_between(user.facility_id, day.start, day.end)
    if what == SEVERE:
        present = movements(day.start, day.end)["at_end"]
        places = places.filter(present, encounter__in=list(severe_stays(user, day)))
    else:
        places = places.filter(movements(day.start, day.end)[what])
    if department is not None:
        places = places.filter(department=department)
    seen: Q = not_hidden(user, visits.READ, "encounter__patient")
    hidden = places.exclude(seen).count()
    named = places.filter(seen).select_related("encounter__patient", "department", "location")
    return Behind(named.order_by("encounter__patient__sort_key", "pk"), hidden)
