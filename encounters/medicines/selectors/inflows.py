"""What infusions brought in, as read off bottle or pump, for the fluid balance."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from emr.ui.navigation import address
from encounters.medicines.models import InfusionStep, MedicationAdministration
from encounters.visits.fluids import Inflow
from encounters.visits.models import Encounter


def inflows_of_infusions(encounter: Encounter, start: dt.datetime, end: dt.datetime) -> list[Inflow]:
    """What each reading from `start` to `end` adds to the one before, in whole mL. One query.

    All of an infusion's rows together are what its end says went in, though a reading on the way said more. What was
    taken back brought nothing.
    """
    read = InfusionStep.objects.filter(administration__encounter=encounter, volume_ml__isnull=False)
    steps = (
        read.filter(administration__in=read.filter(at__range=(start, end)).values("administration"))
        .exclude(administration__status=MedicationAdministration.Status.ENTERED_IN_ERROR)
        .select_related("administration__dose__order", "by")
        .order_by("administration", "at", "pk")
    )
    page = address("encounters:medicines:patient", encounter.uuid)
    found: list[Inflow] = []
    for _administration, readings in groupby(steps, lambda step: step.administration_id):
        found += _added(list(readings), page)
    return [row for row in found if start <= row.happened_at <= end]


def _added(readings: list[InfusionStep], page: str) -> list[Inflow]:
    last = readings[-1]
    most = _whole(last) if last.kind == InfusionStep.Kind.END else None
    before = 0
    found: list[Inflow] = []
    for step in readings:
        volume = _whole(step) if most is None else min(_whole(step), most)
        if volume <= before:
            continue
        found.append(
            Inflow(
                kind="in-infusion",
                volume=volume - before,
                happened_at=step.at,
                source=step.administration.dose.order.text,
                author=step.by,
                page=page,
            )
        )
        before = volume
    return found


def _whole(step: InfusionStep) -> int:
    return int((step.volume_ml or Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))
