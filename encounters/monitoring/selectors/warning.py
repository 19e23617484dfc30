"""Questions about scores that are kept: the newest of many stays, the course of one, what waits for an answer."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from emr.common.clock import now
from emr.common.compiled import Compiled
from encounters.monitoring.models import EarlyWarning, Level, WarningResponse
from encounters.monitoring.selectors.scoring import Part
from encounters.results.vital_signs import SIGNS
from encounters.visits.models import Encounter

ASKING = (Level.MEDIUM, Level.HIGH)


@dataclass(frozen=True, slots=True)
class Warning:
    """The newest score of a stay: `level` is "low", "medium", "high" or "" (nothing beside the usual round)."""

    score: int
    level: str
    measured_at: dt.datetime
    due_at: dt.datetime | None


def held_warnings() -> QuerySet[EarlyWarning]:
    """Those that count: not replaced, and a score at all."""
    return EarlyWarning.objects.filter(replaced_by=None, score__isnull=False)


def newest_warnings(stay_ids: Iterable[int]) -> dict[int, EarlyWarning]:
    """The newest score that counts of each stay, with its answer: one query."""
    found = (
        held_warnings()
        .filter(encounter__in=list(stay_ids))
        .select_related("response__author", "performer")
        .order_by("encounter", "-measured_at", "-pk")
        .distinct("encounter")
    )
    return {row.encounter_id: row for row in found}


def warnings_by_stay(stay_ids: Iterable[int]) -> dict[int, Warning]:
    """The newest score of each stay that has one: one query, however many."""
    found = _newest(list(stay_ids))
    return {stay: Warning(score or 0, level, at, due_at) for stay, score, level, at, due_at in found}


@Compiled
def _newest(stay_ids: list[int]) -> QuerySet[Any, Any]:
    return (
        held_warnings()
        .filter(encounter__any_of=stay_ids)
        .order_by("encounter", "-measured_at", "-pk")
        .distinct("encounter")
        .values_list("encounter", "score", "level", "measured_at", "due_at")
    )


def warnings_of(encounter: Encounter) -> QuerySet[EarlyWarning]:
    """The stay's scores that count, newest first."""
    return (
        held_warnings()
        .filter(encounter=encounter)
        .select_related("response__author", "performer")
        .order_by("-measured_at", "-pk")
    )


def parts_of(warning: EarlyWarning) -> list[Part]:
    """From what a kept score was computed."""
    return [
        Part(SIGNS[part["sign"]], Decimal(part["value"]), int(part["points"]))
        for part in warning.parts
        if part["sign"] in SIGNS
    ]


def response_of(warning: EarlyWarning) -> WarningResponse | None:
    """Its answer, where it has one."""
    return getattr(warning, "response", None)


def covering(warning: EarlyWarning) -> WarningResponse | None:
    """The answer that holds for a score: its own, or an earlier one of the stay that covers one as high at that time, also
    where the number that it answered was corrected since.
    """
    own = response_of(warning)
    if own is not None:
        return own
    return (
        WarningResponse.objects.filter(
            warning__encounter=warning.encounter_id,
            warning__scale=warning.scale,
            warning__score__gte=warning.score or 0,
            answered_at__lte=now(),
            covers_until__gt=warning.measured_at,
        )
        .exclude(warning__level=Level.MEDIUM if warning.level == Level.HIGH else "")
        .select_related("author", "warning")
        .order_by("-pk")
        .first()
    )


def unanswered(facility_id: int) -> list[EarlyWarning]:
    """The newest scores of running stays that ask for somebody and that nobody has answered."""
    later = held_warnings().filter(
        Q(measured_at__gt=OuterRef("measured_at"))
        | Q(measured_at=OuterRef("measured_at"), pk__gt=OuterRef("pk")),
        encounter=OuterRef("encounter"),
    )
    found = (
        held_warnings()
        .filter(
            ~Exists(later),
            facility=facility_id,
            level__in=ASKING,
            response=None,
            encounter__status=Encounter.Status.IN_PROGRESS,
        )
        .select_related("encounter__department", "facility")
        .order_by("pk")
    )
    return [warning for warning in found if covering(warning) is None]
