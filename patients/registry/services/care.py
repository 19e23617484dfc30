"""Care begins and ends: what every scoped queryset reads."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.errors import DomainError
from patients.registry.models import CareContext, Patient


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
    if department is not None and department.facility_id != patient.facility_id:
        raise DomainError(_("The department belongs to another facility."), code="other_facility")
    return CareContext.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        department=department,
        practitioner=practitioner,
        reason=reason,
        source=source,
        starts_at=starts_at or now(),
        ends_at=ends_at,
        only_stay=only_stay,
    )


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
