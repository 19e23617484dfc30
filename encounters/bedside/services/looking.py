"""A nurse has read a patient's orders."""

import datetime as dt

from django.db import transaction

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from encounters.bedside.models import Look
from encounters.visits.models import Encounter


@transaction.atomic
def see_orders(*, encounter: Encounter, by: User, until: dt.datetime) -> Look:
    """The person has read the stay's orders as they stood at `until` (when the page was made); never set back."""
    moment = min(until, now())
    look, is_new = Look.objects.select_for_update().get_or_create(
        encounter=encounter,
        user=by,
        defaults={"facility_id": encounter.facility_id, "seen_at": moment},
    )
    if not is_new and look.seen_at < moment:
        look.seen_at = moment
        look.save(update_fields=["seen_at"])
    record("order.see", by=by, of=encounter)
    return look
