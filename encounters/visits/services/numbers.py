"""Numbers of a stay (R-12): each its own series."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.visits.models import AdmissionEntry, Encounter, EncounterLocation, NumberSeries
from encounters.visits.services import _rules
from encounters.visits.services._writes import save


def new_identifier() -> str:
    """A fresh mã điều trị: two digits of the year and a running number; gaps are allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('visits_encounter_identifier')")
        return f"{timezone.localdate():%y}{cursor.fetchone()[0]:07d}"


def take_numbers(*, facility_id: int, kind: NumberSeries.Kind, year: int, count: int) -> range:
    """The next numbers of the facility's year, without gaps: a transaction that fails gives them back.

    The series' row stays locked until the transaction ends, so call this as late in it as can be.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO visits_numberseries (uuid, facility_id, kind, year, last)"
            " VALUES (gen_random_uuid(), %s, %s, %s, %s) ON CONFLICT (facility_id, kind, year)"
            " DO UPDATE SET last = visits_numberseries.last + EXCLUDED.last RETURNING last",
            [facility_id, kind, year, count],
        )
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)


def take_number(*, facility_id: int, kind: NumberSeries.Kind, year: int) -> int:
    """The next one alone."""
    return take_numbers(facility_id=facility_id, kind=kind, year=year, count=1)[0]


def written(year: int, sequence: int) -> str:
    """The number as it is printed: 26000123."""
    return f"{year % 100:02d}{sequence:06d}"


def next_admission(facility_id: int, at: dt.datetime) -> tuple[int, int, str]:
    """(year, sequence, number) of the admission register; the year is the local one of the admission itself."""
    year = timezone.localtime(at).year
    sequence = take_number(facility_id=facility_id, kind=NumberSeries.Kind.ADMISSION, year=year)
    return year, sequence, written(year, sequence)


def enter_in_register(
    place: EncounterLocation, year: int, sequence: int, by: User | None, request_key: UUID | None
) -> None:
    """Write the line of the admission register, with the first place of the stay; it stays whatever becomes of it."""
    entry(place, year, sequence, by, request_key).save()


def entry(
    place: EncounterLocation, year: int, sequence: int, by: User | None, request_key: UUID | None = None
) -> AdmissionEntry:
    """The line, not yet written."""
    return AdmissionEntry(
        facility_id=place.facility_id,
        encounter_id=place.encounter_id,
        place=place,
        year=year,
        sequence=sequence,
        number=written(year, sequence),
        entered_by=by,
        request_key=request_key,
    )


@transaction.atomic
def issue_archive_number(*, encounter: Encounter, by: User) -> Encounter:
    """Give the finished stay its số lưu trữ, once; the year is that of its end. Asked again, it answers the same."""
    stay = _rules.locked(encounter)
    if stay.archive_number:
        return stay
    if stay.status != Encounter.Status.FINISHED or stay.ended_at is None:
        raise DomainError(_("Only a finished stay gets an archive number."), code="not_finished")
    year = timezone.localtime(stay.ended_at).year
    sequence = take_number(facility_id=stay.facility_id, kind=NumberSeries.Kind.ARCHIVE, year=year)
    stay.archive_number = written(year, sequence)
    save(stay, "archive_number")
    record("encounter.archive_number", by=by, of=stay, detail={"issued_at": now()})
    return stay
