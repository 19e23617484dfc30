"""Older news never overwrites newer, group of fields by group of fields."""

from datetime import datetime

from django.db import connection

from integrations.his.models import Freshness
from integrations.transport.models import Message


def is_news(subject: str, subject_id: int, group: str, happened_at: datetime) -> bool:
    """Whether nothing newer was taken over for this group; of two at the same instant the later one to come wins."""
    latest = Freshness.objects.filter(subject=subject, subject_id=subject_id, group=group).first()
    return latest is None or latest.happened_at <= happened_at


_STAMP = """
INSERT INTO his_freshness (uuid, facility_id, subject, subject_id, "group", happened_at, message_id)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s)
ON CONFLICT (subject, subject_id, "group") DO UPDATE
SET happened_at = EXCLUDED.happened_at, message_id = EXCLUDED.message_id
WHERE his_freshness.happened_at <= EXCLUDED.happened_at
"""


def stamp(subject: str, subject_id: int, group: str, happened_at: datetime, message: Message) -> None:
    """Remember how fresh the group is now; never moves back."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STAMP, [message.facility_id, str(subject), subject_id, group, happened_at, message.pk]
        )
