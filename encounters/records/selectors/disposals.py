"""What is due for disposal, and the minutes of what was or will be."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from emr.accounts.models import User
from emr.common.clock import local_today
from encounters.records import permissions
from encounters.records.models import DisposalMinutes, Keeping, Tombstone
from encounters.visits.codes import RecordState
from patients.registry.access import not_hidden


def due_for_disposal(user: User) -> QuerySet[Keeping]:
    """Archived records whose time is over, that nothing holds and no minutes name yet; the longest over first."""
    return (
        Keeping.objects.filter(
            not_hidden(user, permissions.READ, "encounter__patient"),
            facility_id=user.facility_id,
            encounter__record_state=RecordState.ARCHIVED,
            encounter__disposal_line=None,
            retained_until__lt=local_today(),
            is_held=False,
        )
        .select_related("encounter__patient", "encounter__department")
        .order_by("retained_until", "pk")
    )


def minutes_for(user: User) -> QuerySet[DisposalMinutes]:
    """The facility's minutes, the newest first, with `waiting` and `gone`: how many records they name."""
    return (
        DisposalMinutes.objects.filter(facility_id=user.facility_id)
        .select_related("prepared_by", "first_by", "second_by", "cancelled_by", "facility")
        .annotate(
            waiting=Count("lines", distinct=True),
            gone=Count("tombstones", distinct=True),
        )
        .order_by("-prepared_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A record on minutes as it is shown; `name` "" where the reader may not see whose it is."""

    name: str
    keeping: Keeping | None
    tombstone: Tombstone | None = None


def lines_of(minutes: DisposalMinutes, user: User) -> list[Line]:
    """What waits, then what is gone, by archive number; three queries."""
    seen = set(
        Keeping.objects.filter(
            not_hidden(user, permissions.READ, "encounter__patient"),
            encounter__disposal_line__minutes=minutes,
        ).values_list("pk", flat=True)
    )
    waiting = (
        Keeping.objects.filter(encounter__disposal_line__minutes=minutes)
        .select_related("encounter__patient", "encounter__department")
        .order_by("encounter__archive_number")
    )
    gone = minutes.tombstones.order_by("archive_number")
    return [
        *(Line(row.encounter.patient.full_name if row.pk in seen else "", row) for row in waiting),
        *(Line("", None, stone) for stone in gone),
    ]
