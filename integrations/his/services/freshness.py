"""Older news never overwrites newer, field by field: a field that a message leaves empty is no news of it.

HL7 v2.5.1, 2.5.3: an empty field says nothing, `""` deletes.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from integrations.his.models import Freshness
from integrations.transport.models import Message


def is_news(subject: str, subject_id: int, group: str, happened_at: datetime) -> bool:
    """Whether nothing newer was taken over for this group; of two at the same instant the later one to come wins."""
    return group in news_of(subject, subject_id, [group], happened_at)


def news_of(
    subject: str, subject_id: int, groups: Iterable[str], happened_at: datetime, *, former: str = ""
) -> set[str]:
    """Those of the groups for which nothing newer was taken over. One query.

    `former`: the group that held all of these together before; its time counts for each as well.
    """
    wanted = set(groups)
    newer = set(
        Freshness.objects.filter(
            subject=subject, subject_id=subject_id, group__in=[*wanted, former], happened_at__gt=happened_at
        ).values_list("group", flat=True)
    )
    return set() if former and former in newer else wanted - newer


_STAMP = """
INSERT INTO his_freshness (uuid, facility_id, subject, subject_id, "group", happened_at, message_id)
SELECT gen_random_uuid(), %s, %s, %s, told, %s, %s FROM unnest(%s::text[]) told
ON CONFLICT (subject, subject_id, "group") DO UPDATE
SET happened_at = EXCLUDED.happened_at, message_id = EXCLUDED.message_id
WHERE his_freshness.happened_at <= EXCLUDED.happened_at
"""


def stamp(subject: str, subject_id: int, group: str, happened_at: datetime, message: Message) -> None:
    """Remember how fresh the group is now; never moves back."""
    stamp_many(subject, subject_id, [group], happened_at, message)


def stamp_many(
    subject: str, subject_id: int, groups: Iterable[str], happened_at: datetime, message: Message
) -> None:
    """The same for several, in one order: two workers never wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STAMP,
            [message.facility_id, str(subject), subject_id, happened_at, message.pk, sorted(set(groups))],
        )
