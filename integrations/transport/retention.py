"""Messages that were dealt with long ago are emptied: their bytes go; who, when, what kind, hash and result stay.

Dead letters, and what waits, keep their bytes however old they are. The database lets through this one change alone
(`triggers`). Bytes of messages hold patients' names; what they brought stands in the record.
"""

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import Organization
from emr.accounts.selectors import facility_ids
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common import wall
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.outbox import publish
from integrations.transport.intakes import Emptying
from integrations.transport.models import DeadLetter, Message, MessageState
from integrations.transport.triggers import LEAST_DAYS

TOPIC = "messages.to_empty"
BATCH = 500
KEEP_DAYS = 365
declare(
    Whole(
        name="message_keep_days",
        room="transport",
        label=gettext_lazy("The text of messages of other systems is kept for"),
        help=gettext_lazy(
            "Counted from when it came. Afterwards the text goes; time, kind, hash and result stay. Dead letters and"
            " messages that wait keep theirs."
        ),
        default=KEEP_DAYS,
        least=LEAST_DAYS,
        most=3650,
        unit=pgettext_lazy("unit", "days"),
    )
)
State = MessageState.State
# Waiting to be applied or sent: looked at again the next night.
_UNDER_WAY = (State.RECEIVED, State.WAITING, State.QUEUED)
DEALT_WITH = (State.APPLIED, State.SUPERSEDED, State.DELIVERED)


def begin() -> int:
    """Each facility's work for the night, as one delivery a batch; answers for how many facilities."""
    count = 0
    for facility_id in facility_ids():
        with wall.within(facility_id), transaction.atomic():
            publish(TOPIC, order_key=f"empty:{facility_id}", facility_id=facility_id)
            count += 1
    return count


@transaction.atomic
def empty_batch(*, facility_id: int) -> int:
    """Empty the next old messages and note how far that went; the rest is another delivery. Answers how many.

    Killed before the commit, nothing was emptied and nothing noted; done twice, the second time finds the next ones.
    """
    facility = Organization.objects.get(pk=facility_id)
    days = max(int(facility_setting(facility_id, "message_keep_days")), LEAST_DAYS)
    before = now() - dt.timedelta(days=days)
    place, _is_new = Emptying.objects.select_for_update().get_or_create(facility=facility)
    old = Message.objects.filter(facility=facility, received_at__lt=before)
    behind = old.filter(pk__gt=place.through_id).order_by("pk")
    found = list(behind.values_list("pk", "state_row__state")[:BATCH])
    left_over = dict(
        old.filter(pk__in=place.left_over, emptied_at=None).values_list("pk", "state_row__state")
    )
    # What was a dead letter when it was passed by, and has been dealt with since.
    resolved = DeadLetter.objects.filter(
        message__facility=facility, message__emptied_at=None, message__state_row__state__in=DEALT_WITH,
        message__received_at__lt=before, message_id__lte=place.through_id,
    ).exclude(resolution="")  # fmt: skip
    wanted = {pk for pk, state in [*found, *left_over.items()] if state in DEALT_WITH}
    wanted |= set(resolved.values_list("message_id", flat=True)[:BATCH])
    still = sorted(pk for pk, state in [*found, *left_over.items()] if state in _UNDER_WAY)
    emptied = _empty(sorted(wanted))
    locked = Message.objects.filter(pk__in=wanted, emptied_at=None).values_list("pk", flat=True)
    Emptying.objects.filter(pk=place.pk).update(
        through_id=found[-1][0] if found else place.through_id, left_over=sorted({*still, *locked})
    )
    if emptied:
        record("hl7_message.emptied", of=facility, detail={"count": emptied, "days": days})
    if len(found) == BATCH:
        publish(TOPIC, order_key=f"empty:{facility_id}", facility_id=facility_id)
    return emptied


def _empty(message_ids: list[int]) -> int:
    """The messages' bytes, and the neighbours' answers to them.

    A message that is sent again at this very moment is left out (its state's row is locked).
    """
    if not message_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH free AS (SELECT message_id FROM transport_messagestate WHERE message_id = ANY(%s) AND state = ANY(%s)"
            " ORDER BY message_id FOR UPDATE SKIP LOCKED)"
            " UPDATE transport_message SET raw = '', emptied_at = transaction_timestamp()"
            " WHERE id IN (SELECT message_id FROM free) AND emptied_at IS NULL",
            [message_ids, [str(state) for state in DEALT_WITH]],
        )
        emptied = int(cursor.rowcount)
        cursor.execute(
            "UPDATE transport_acknowledgement SET raw = '', emptied_at = transaction_timestamp()"
            " WHERE emptied_at IS NULL AND message_id IN"
            " (SELECT id FROM transport_message WHERE id = ANY(%s) AND emptied_at IS NOT NULL)",
            [message_ids],
        )
    return emptied
