"""How a department keeps its records from a day on."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from encounters.switching.models import WardMode


@transaction.atomic
def set_mode(
    *,
    department: Organization,
    mode: str,
    begins_on: dt.date,
    decision_number: str,
    decided_by: str,
    by: User,
    after: int,
) -> WardMode:
    """Decide how the department keeps records from that day on.

    `after`: how many decisions there were when it was looked at; the same page sent twice, or somebody else's decision in
    between, is a Conflict. Raises DomainError for a day that is over (what was kept until now was kept by what held then),
    an unknown mode, or a decision without number or signer.
    """
    Organization.objects.select_for_update().get(pk=department.pk)
    if mode not in WardMode.Mode.values:
        raise DomainError(_("Choose how records are kept."), code="bad_mode", field="mode")
    if begins_on < local_today():
        message = _("It begins today or later: what was written until now was kept by what held then.")
        raise DomainError(message, code="begun", field="begins_on")
    decision_number, decided_by = tidy(decision_number), tidy(decided_by)
    for field, value in (("decision_number", decision_number), ("decided_by", decided_by)):
        if not value:
            raise DomainError(
                _("Say which paper decides it and who signed that."), code="undecided", field=field
            )
    count = WardMode.objects.filter(department=department).count()
    if count != after:
        message = _("Somebody has decided about this department since you opened it. Look at it again.")
        raise Conflict(message, code="changed")
    made = WardMode.objects.create(
        facility_id=department.facility_id,
        department=department,
        number=count + 1,
        mode=mode,
        begins_on=begins_on,
        decision_number=decision_number[:60],
        decided_by=decided_by[:120],
        set_by=by,
    )
    told = {"department": department.code, "mode": mode, "begins_on": begins_on.isoformat()}
    record("ward_mode.change", by=by, of=made, detail=told)
    return made
