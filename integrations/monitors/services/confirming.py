"""A nurse confirms what a monitor showed: from then on it is a measurement as any other, by the one measuring service."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from encounters.monitoring.services import Recorded, assess, record_round
from encounters.results.models import Observation
from encounters.results.vital_signs import BY_LOINC
from encounters.visits.models import Encounter
from integrations.monitors.models import ConfirmedReading, MonitorReading
from integrations.monitors.selectors import SAID, held


@transaction.atomic
def confirm(
    *,
    encounter: Encounter,
    readings: Sequence[uuid.UUID],
    by: User,
    key: uuid.UUID,
    said: Mapping[str, Decimal] | None = None,
    confirmed: bool = False,
) -> Recorded:
    """Record the values shown as one round at the time of the newest; the same key again answers what is stored.

    `said`: consciousness and oxygen flow as last time, as they stood beside the values. The monitor stays named on each
    measurement. Raises Unusual (asks), Conflict (somebody confirmed one of them, or the key is used otherwise), DomainError
    for values that are this patient's no more.
    """
    # Moves and discharges lock the stay as well: what is held now is held when this is stored.
    stay = Encounter.objects.select_for_update(of=("self",), no_key=True).get(pk=encounter.pk)
    rows = _rows(stay, readings)
    earlier = list(
        ConfirmedReading.objects.filter(reading__in=rows).select_related("observation", "confirmed_by")
    )
    if earlier:
        return _again(encounter, rows, earlier, key)
    if held().filter(pk__in=[row.pk for row in rows]).count() != len(rows):
        raise _not_theirs()
    values = {BY_LOINC[row.code].name: row.value for row in rows}
    if len(values) != len(rows):
        raise DomainError(_("Each sign once, please."), code="twice")
    names = ", ".join(dict.fromkeys(row.monitor.name for row in rows))
    recorded = record_round(
        encounter=encounter,
        values=values | {name: value for name, value in (said or {}).items() if name in SAID},
        by=by,
        key=key,
        effective_at=max(row.observed_at for row in rows),
        confirmed=confirmed,
        note=(_("From the monitor %(name)s") % {"name": names})[:200],
    )
    by_code = {row.code: row for row in rows}
    ConfirmedReading.objects.bulk_create(
        [
            ConfirmedReading(
                facility_id=stay.facility_id,
                reading=by_code[observation.code],
                observation=observation,
                confirmed_by=by,
            )
            for observation in recorded.observations
            if observation.code in by_code
        ]
    )
    record("monitor.confirm", by=by, of=encounter, detail={"batch": str(key), "count": len(rows)})
    return recorded


def _rows(stay: Encounter, readings: Sequence[uuid.UUID]) -> list[MonitorReading]:
    rows = list(
        MonitorReading.objects.filter(encounter=stay, uuid__in=list(readings))
        .select_related("monitor")
        .order_by("pk")
    )
    if not rows or len(rows) != len(set(readings)):
        raise _not_theirs()
    return rows


def _not_theirs() -> DomainError:
    return DomainError(
        _("These values aren't this patient's any more: look at the monitor."), code="not_theirs"
    )


def _again(
    encounter: Encounter, rows: list[MonitorReading], earlier: list[ConfirmedReading], key: uuid.UUID
) -> Recorded:
    if len(earlier) == len(rows) and {one.observation.batch for one in earlier} == {key}:
        stored = Observation.objects.filter(encounter=encounter, batch=key, replaces=None).order_by("pk")
        return Recorded(list(stored), assess(encounter=encounter, batch=key))
    first = earlier[0]
    said = {"name": first.confirmed_by.full_name, "time": f"{timezone.localtime(first.confirmed_at):%H:%M}"}
    raise Conflict(_("%(name)s confirmed it at %(time)s already.") % said, code="confirmed")
