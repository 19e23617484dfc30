"""How a department keeps its records on a day, and who has read the hospital's rules."""

import datetime as dt
from collections import defaultdict

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now, TruncDate

from emr.accounts.models import Organization, PractitionerRole, User
from emr.common.clock import local_today, now
from emr.common.vietnamese import fold
from encounters.switching.models import Regulation, WardMode

ELECTRONIC = WardMode.Mode.ELECTRONIC


class ModeBook:
    """The decisions of all departments of a facility: one query."""

    def __init__(self, facility_id: int) -> None:
        self._rows: dict[int, list[WardMode]] = defaultdict(list)
        for row in WardMode.objects.filter(facility=facility_id).order_by("begins_on", "number"):
            self._rows[row.department_id].append(row)

    @property
    def is_electronic_throughout(self) -> bool:
        """Nobody ever decided anything else."""
        return all(row.mode == ELECTRONIC for rows in self._rows.values() for row in rows)

    def holding(self, department_id: int, day: dt.date) -> WardMode | None:
        """The decision in force on that day; None where nobody had decided anything."""
        begun = [row for row in self._rows[department_id] if row.begins_on <= day]
        return begun[-1] if begun else None

    def mode(self, department_id: int, day: dt.date) -> str:
        """How the department keeps records on that day."""
        row = self.holding(department_id, day)
        return row.mode if row is not None else ELECTRONIC

    def planned(self, department_id: int, day: dt.date) -> list[WardMode]:
        """What begins after that day, in its order."""
        return [row for row in self._rows[department_id] if row.begins_on > day]

    def has_paper(self, department_id: int, first: dt.date, last: dt.date) -> bool:
        """Whether on any day from `first` to `last` the department kept records on paper, alone or beside."""
        changes = {first} | {
            row.begins_on for row in self._rows[department_id] if first <= row.begins_on <= last
        }
        return any(self.mode(department_id, day) != ELECTRONIC for day in changes)


def mode_now(department: str) -> Subquery:
    """The mode in force now of the department that the outer query's field names; NULL where nothing was decided."""
    found = WardMode.objects.filter(department=OuterRef(department), begins_on__lte=TruncDate(Now()))
    return Subquery(found.order_by("-begins_on", "-number").values("mode")[:1])


def decisions_of(department: Organization) -> QuerySet[WardMode]:
    """All decisions about a department, the latest first."""
    return WardMode.objects.filter(department=department).select_related("set_by")


def departments_of(facility_id: int) -> QuerySet[Organization]:
    """The departments with patients that are in use."""
    found = Organization.objects.filter(parent=facility_id, is_active=True, is_clinical=True)
    return found.order_by("code")


def regulations_of(facility_id: int) -> QuerySet[Regulation]:
    """Every version of the rules, the newest first."""
    return Regulation.objects.filter(facility=facility_id).select_related("entered_by")


def regulation_in_force(facility_id: int, day: dt.date | None = None) -> Regulation | None:
    """The version that holds on that day (today): of those begun the last that was put in."""
    begun = regulations_of(facility_id).filter(begins_on__lte=day or local_today())
    return begun.order_by("-begins_on", "-version").first()


def has_read(regulation: Regulation, user: User) -> bool:
    """Whether the person said so."""
    return regulation.readings.filter(reader=user).exists()


def staff_who_read(facility_id: int, department: Organization | None = None) -> QuerySet[User]:
    """Whom the rules concern: who may sign in and holds a role of the house (there); readers from outside don't."""
    held = PractitionerRole.objects.filter(user=OuterRef("pk")).at(now()).exclude(role="inspector")
    if department is not None:
        held = held.filter(department=department)
    return User.objects.filter(Exists(held), facility=facility_id, is_active=True)


def not_read(
    regulation: Regulation, *, words: str = "", department: Organization | None = None
) -> QuerySet[User]:
    """Who hasn't read it, in the order of Vietnamese names; by words of the name (without accents) and department."""
    read = regulation.readings.filter(reader=OuterRef("pk"))
    found = staff_who_read(regulation.facility_id, department).exclude(Exists(read))
    for word in fold(words).split():
        found = found.filter(search_name__contains=word)
    return found.order_by("sort_key", "pk")


def share(part: int, whole: int) -> int:
    """Hundredths, downwards: 100 only when it is all."""
    return part * 100 // whole if whole else 100
