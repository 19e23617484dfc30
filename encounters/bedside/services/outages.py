"""A time without the system gets a name, under which what was written on paper is entered."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.bedside.models import Outage

LONGEST = dt.timedelta(days=14)


@transaction.atomic
def declare_outage(*, by: User, began_at: dt.datetime, ended_at: dt.datetime, reason: str) -> Outage:
    """The system was away from one time to another; told again with the same times it is the same outage."""
    if not reason.strip():
        raise DomainError(_("Say what happened."), code="reason_missing", field="reason")
    if ended_at > now() or began_at >= ended_at:
        raise DomainError(
            _("An outage ends after it begins, and before now."), code="bad_times", field="ended_at"
        )
    if ended_at - began_at > LONGEST:
        raise DomainError(_("An outage of more than fourteen days is a slip of the pen."), code="too_long")
    kept = Outage.objects.filter(facility_id=by.facility_id, began_at=began_at, ended_at=ended_at).first()
    if kept is not None:
        return kept
    row = Outage.objects.create(
        facility_id=by.facility_id,
        began_at=began_at,
        ended_at=ended_at,
        reason=reason.strip()[:200],
        declared_by=by,
    )
    record("outage.record", by=by, of=row)
    return row
