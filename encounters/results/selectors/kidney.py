"""The last creatinine of people: what doses of many medicines go by."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from emr.common.clock import now
from encounters.orders.providers import Creatinine
from encounters.results.models import Finding
from encounters.results.models.reports import RELEASED

# LOINC of creatinine in serum or plasma: moles, mass.
_LOINC = ("14682-9", "2160-0")
_PER_MG_DL = Decimal("88.4")
_OLDEST = dt.timedelta(days=365)


def latest_creatinine(patient_ids: Sequence[int]) -> dict[int, Creatinine]:
    """{patient: the newest released value in µmol/L of the last year}; in another unit than two known ones: none.

    One query.
    """
    found = (
        Finding.objects.filter(
            patient_id__in=patient_ids,
            loinc__in=_LOINC,
            number__isnull=False,
            effective_at__gte=now() - _OLDEST,
            report__replaced_by=None,
            report__status__in=RELEASED,
        )
        .order_by("patient_id", "-effective_at", "-pk")
        .distinct("patient_id")
    )
    known = {}
    for row in found:
        micromoles = _micromoles(row)
        if micromoles is not None:
            known[row.patient_id] = Creatinine(micromoles, row.effective_at)
    return known


def _micromoles(row: Finding) -> Decimal | None:
    if row.number is None:
        return None
    unit = (row.ucum or row.unit).strip().lower().replace("µ", "u").replace("μ", "u")
    if unit == "umol/l":
        return row.number
    return row.number * _PER_MG_DL if unit == "mg/dl" else None
