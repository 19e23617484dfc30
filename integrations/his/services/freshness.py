"""Older news never overwrites newer, group of fields by group of fields."""

from datetime import datetime

from integrations.his.models import Freshness
from integrations.transport.models import Message


def is_news(subject: str, subject_id: int, group: str, happened_at: datetime) -> bool:
    """Whether nothing newer was taken over for this group; of two at the same instant the later one to come wins."""
    latest = Freshness.objects.filter(subject=subject, subject_id=subject_id, group=group).first()
    return latest is None or latest.happened_at <= happened_at


def stamp(subject: str, subject_id: int, group: str, happened_at: datetime, message: Message) -> None:
    """Remember how fresh the group is now; never moves back."""
    if is_news(subject, subject_id, group, happened_at):
        Freshness.objects.update_or_create(
            subject=subject,
            subject_id=subject_id,
            group=group,
            defaults={"facility_id": message.facility_id, "happened_at": happened_at, "message": message},
        )
