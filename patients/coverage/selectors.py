"""Who pays for a patient on a day."""

import datetime as dt

from django.db.models import F, Q, QuerySet

from emr.common.clock import local_today
from emr.common.compiled import Compiled
from patients.coverage.models import Coverage
from patients.registry.access import rows_of_root, same_person
from patients.registry.models import Patient


def coverages_of(patient: Patient) -> list[Coverage]:
    """All rows of this person, active ones first, the longest valid before; one query."""
    return list(_of_person(patient.root_id))


@Compiled
def _of_person(root_id: int) -> QuerySet[Coverage]:
    return Coverage.objects.filter(patient__in=rows_of_root(root_id))


def coverage_on(patient: Patient, day: dt.date | None = None) -> Coverage | None:
    """The row that counts on the day (today): an insurance card before another payer, the latest first; one query."""
    on = day or local_today()
    valid = Q(valid_from=None) | Q(valid_from__lte=on)
    valid &= Q(valid_until=None) | Q(valid_until__gte=on)
    rows = Coverage.objects.filter(valid, patient__in=same_person(patient), is_active=True)
    return min(
        rows.order_by(F("valid_from").desc(nulls_last=True), "-pk"),
        key=lambda row: row.payer != Coverage.Payer.INSURANCE,
        default=None,
    )
