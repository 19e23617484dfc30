"""Deciding which system keeps what."""

from collections.abc import Mapping

from django.db import transaction

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from integrations.his.models import Master
from integrations.his.selectors import masters_of


@transaction.atomic
def set_masters(*, chosen: Mapping[str, str], by: User) -> list[str]:
    """Keep who is to keep each matter {matter: keeper} in the user's facility; answers the matters that changed.

    It counts from the next message and the next page on; what was ordered or written before stays as it is.
    """
    present = masters_of(by.facility_id)
    changed = []
    for matter, keeper in chosen.items():
        if present[Master.Matter(matter)] == Master.Keeper(keeper):
            continue
        row, _new = Master.objects.update_or_create(
            facility_id=by.facility_id,
            matter=matter,
            defaults={"keeper": keeper, "changed_by": by, "changed_at": now()},
        )
        record(
            "master.set",
            by=by,
            of=row,
            detail={"matter": matter, "from": str(present[Master.Matter(matter)]), "to": keeper},
        )
        changed.append(matter)
    return changed
