"""What nobody has answered climbs its ladder, one rung a transaction."""

from django.db import transaction

from emr.audit.services import record
from emr.common.arming import is_armed
from emr.common.clock import now
from emr.notices.kinds import TOLD
from emr.notices.models import Notice
from emr.notices.selectors import audience_of, ladder_of, people_of
from emr.notices.services.telling import next_step_at, tell

_AT_ONCE = 200


def climb_due() -> int:
    """Do every rung that is due; returns how many. Two who do this at once share the work; a restored copy does none."""
    if not is_armed():
        return 0
    climbed = 0
    while climbed < _AT_ONCE and _climb_one():
        climbed += 1
    return climbed


@transaction.atomic
def _climb_one() -> bool:
    """The rung longest due, whole or not at all: people told, messages owed, the line in the log, the next time."""
    notice = (
        Notice.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("facility", "department")
        .filter(next_step_at__lte=now())
        .order_by("next_step_at", "pk")
        .first()
    )
    if notice is None:
        return False
    ladder = ladder_of(notice.facility_id, notice.kind)
    if notice.step < len(ladder):
        step = ladder[notice.step]
        if step.audience == TOLD:
            open_ones = notice.recipients.filter(is_open=True).select_related("user").order_by("pk")
            people = people_of(recipient.user for recipient in open_ones)
        else:
            people = audience_of(step, notice)
        tell(notice, step, people, number=notice.step)
        detail = {"number": notice.pk, "kind": notice.kind, "step": notice.step, "audience": step.audience}
        record("notice.escalate", of=notice, detail=detail | {"told": [user.pk for user in people]})
        notice.step += 1
    notice.next_step_at = next_step_at(notice, ladder)
    notice.save(update_fields=["step", "next_step_at"])
    return True
