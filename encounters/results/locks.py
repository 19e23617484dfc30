"""One report is changed by one at a time."""

from django.db import connection

from emr.accounts.models import Organization
from encounters.visits.codes import WRITABLE
from encounters.visits.models import Encounter


def one_at_a_time(facility: Organization, source: str, filler_number: str) -> None:
    """Versions of one report queue up until the transaction ends, so that two of them can't both replace the same one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))",
            [f"report:{facility.pk}:{source}:{filler_number}"],
        )


def record_is_closed(stay: Encounter) -> bool:
    """Whether the stay's record is closed; until this transaction ends nobody closes it. Waits for whoever is doing so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT record_state FROM visits_encounter WHERE id = %s FOR KEY SHARE", [stay.pk])
        return cursor.fetchone()[0] not in WRITABLE
