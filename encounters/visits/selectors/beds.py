"""The bed board: which beds there are and who lies in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from emr.accounts.models import Location, Organization, User
from encounters.visits import permissions
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import patients_for


@dataclass(slots=True)
class BedCell:
    """One bed and who lies in it (None: nobody)."""

    bed: Location
    place: EncounterLocation | None = None

    @property
    def is_free(self) -> bool:
        """Somebody may be put here."""
        return self.place is None and self.bed.status == Location.Status.ACTIVE


@dataclass(slots=True)
class RoomCells:
    """A room (None: beds that stand in no room) and its beds."""

    room: Location | None
    cells: list[BedCell] = field(default_factory=list)


@dataclass(slots=True)
class Board:
    """A department's rooms and beds, and the patients who have none."""

    department: Organization
    rooms: list[RoomCells]
    without_bed: list[EncounterLocation]

    @property
    def cells(self) -> list[BedCell]:
        """Every bed."""
        return [cell for room in self.rooms for cell in room.cells]

    @property
    def free_count(self) -> int:
        """Beds that somebody may be put into."""
        return sum(cell.is_free for cell in self.cells)

    @property
    def patient_count(self) -> int:
        """Patients of the department, with and without a bed."""
        return len(self.without_bed) + sum(cell.place is not None for cell in self.cells)


def _present(department: Organization) -> QuerySet[EncounterLocation]:
    """Where patients are now: the rows of running stays without an end."""
    return EncounterLocation.objects.filter(
        department=department,
        ends_at=None,
        cancelled_at=None,
        encounter__status=Encounter.Status.IN_PROGRESS,
    ).select_related("encounter", "encounter__patient", "location")


def bed_board(department: Organization, viewer: User) -> Board:
    """The department's board in two queries, whatever its size. A patient lying in a bed out of use is shown there.

    Of a restricted patient outside the viewer's reach the board says that the bed is taken, no more (`is_hidden`).
    """
    locations = list(
        Location.objects.filter(department=department)
        .exclude(status=Location.Status.INACTIVE, kind=Location.Kind.ROOM)
        .order_by("position", "code")
    )
    present = list(_present(department).exclude(encounter__encounter_class="AMB").order_by("starts_at"))
    _hide(present, viewer)
    in_bed = {place.location_id: place for place in present if place.location_id is not None}
    rooms = {loc.pk: RoomCells(loc) for loc in locations if loc.kind == Location.Kind.ROOM}
    loose = RoomCells(None)
    for bed in locations:
        if bed.kind != Location.Kind.BED or (bed.status == Location.Status.INACTIVE and bed.pk not in in_bed):
            continue
        rooms.get(bed.parent_id or 0, loose).cells.append(BedCell(bed, in_bed.get(bed.pk)))
    shown = [room for room in [*rooms.values(), loose] if room.cells]
    return Board(department, shown, [place for place in present if place.location_id is None])


def _hide(places: list[EncounterLocation], viewer: User) -> None:
    """Mark the places whose patient the viewer may not know of; a query only where one is restricted."""
    restricted = {place.encounter.patient_id for place in places if place.encounter.patient.is_restricted}
    seen: set[int] = set()
    if restricted:
        reached = patients_for(viewer, permissions.READ).filter(pk__in=restricted)
        seen = set(reached.values_list("pk", flat=True))
    for place in places:
        patient_id = place.encounter.patient_id
        place.is_hidden = patient_id in restricted and patient_id not in seen  # type: ignore[attr-defined]


def board_departments(user: User) -> list[Organization]:
    """The departments whose board this person may open, with `free` and `bed_count` (beds in use)."""
    reach = user.departments_for(permissions.BEDS)
    departments = Organization.objects.filter(
        kind=Organization.Kind.DEPARTMENT, parent=user.facility_id, is_active=True
    )
    if isinstance(reach, frozenset):
        departments = departments.filter(pk__in=reach)
    return list(with_beds(departments).filter(bed_count__gt=0).order_by("code"))


def with_beds(departments: QuerySet[Organization]) -> QuerySet[Any]:
    """Annotated with `bed_count` (beds in use) and `free` of them."""
    beds = Q(locations__kind=Location.Kind.BED, locations__status=Location.Status.ACTIVE)
    taken = _taken(OuterRef("locations__pk"))
    return departments.annotate(
        bed_count=Count("locations", filter=beds),
        free=Count("locations", filter=beds & Q(~Exists(taken))),
    )


def _taken(bed: OuterRef) -> QuerySet[EncounterLocation]:
    return EncounterLocation.objects.filter(location=bed, ends_at=None, cancelled_at=None)


def free_beds(department: Organization) -> list[Location]:
    """Beds where somebody may be put now, in the order of the board, with their rooms."""
    return list(
        Location.objects.filter(
            ~Exists(_taken(OuterRef("pk"))),
            department=department,
            kind=Location.Kind.BED,
            status=Location.Status.ACTIVE,
        )
        .select_related("parent")
        .order_by("parent__position", "parent__code", "position", "code")
    )


def suggested_bed(beds: Iterable[Location]) -> Location | None:
    """The bed to offer: the first one that isn't kept for intensive care, else the first."""
    beds = list(beds)
    return next((bed for bed in beds if not bed.is_intensive_care), beds[0] if beds else None)
