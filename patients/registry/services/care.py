"""Care begins and ends: what every scoped queryset reads."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.errors import DomainError
from patients.registry.models import CareContext, Patient


@dataclass(frozen=True, slots=True)
class Care:
    """What `open_care` takes, for one of many."""

    patient: Patient
    department: Organization | None = None
    practitioner: User | None = None
    reason: str = "encounter"
    source: str = ""
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    only_stay: int | None = None


@transaction.atomic
def open_care_of_many(*, cares: Sequence[Care]) -> list[CareContext]:
    """`open_care` for each, in one statement; all or none."""
    rows = []
    for care in cares:
        if care.department is not None and care.department.facility_id != care.patient.facility_id:
            raise DomainError(_("The department belongs to another facility."), code="other_facility")
        rows.append(
            CareContext(
                facility_id=care.patient.facility_id,
                patient=care.patient,
                department=care.department,
                practitioner=care.practitioner,
                reason=care.reason,
                source=care.source,
                starts_at=care.starts_at or now(),
                ends_at=care.ends_at,
                only_stay=care.only_stay,
            )
        )
    return CareContext.objects.bulk_create(rows)


@transaction.atomic
def open_care(
    *,
    patient: Patient,
    department: Organization | None = None,
    practitioner: User | None = None,
    reason: str = "encounter",
    source: str = "",
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    only_stay: int | None = None,
) -> CareContext:
    """Let a department or a person see the patient from now (or the instant given) on."""
    care = Care(patient, department, practitioner, reason, source, starts_at, ends_at, only_stay)
    return open_care_of_many(cares=[care])[0]


@transaction.atomic
def close_care(
    *, source: str, department: Organization | None = None, ends_at: dt.datetime | None = None
) -> int:
    """End the open care of that source ("encounter:12"), of one department or all; returns how many."""
    moment = ends_at or now()
    found = CareContext.objects.select_for_update().filter(source=source, ends_at=None)
    if department is not None:
        found = found.filter(department=department)
    for context in found:
        context.ends_at = max(moment, context.starts_at)
        context.save(update_fields=["ends_at"])
    return len(found)


@transaction.atomic
def cut_care(*, source: str) -> int:
    """End the care of that source at this instant, whenever it was to end; what hasn't begun never does."""
    moment = now()
    lasting = Q(ends_at=None) | Q(ends_at__gt=moment)
    found = CareContext.objects.select_for_update().filter(lasting, source=source)
    for context in found:
        context.ends_at = max(moment, context.starts_at)
        context.save(update_fields=["ends_at"])
    return len(found)
