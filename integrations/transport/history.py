"""What a channel did hour by hour, what it was last told, and who changed its settings: read, never counted beforehand.

A row counts the messages that came (or were queued) within its hour by what has become of them since: what was dead and is
applied now counts as applied.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Min, Q
from django.db.models.functions import Trunc

from emr.audit.models import AuditEvent, RowVersion
from integrations.transport.models import Acknowledgement, Channel, DeadLetter, Message, MessageState

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MOST_DAYS = {"day": 92, "hour": 7}
State = MessageState.State
_ACCEPTED = ("AA", "CA")
_WAITING = (State.RECEIVED, State.WAITING, State.QUEUED)
_ACTIONS = ("add", "change", "enabled", "disabled", "paused", "resumed", "token", "look")
_LAST = 10
# What a change of settings shows as changed and never as it is.
_SECRET = {"token_hash", "credential"}
_SILENT = {"id", "uuid", "created_at", "facility_id", "account_id", "token_made_at"}


@dataclass(slots=True)
class Row:
    """One hour, or one day, of a channel. `refused`: incoming ones that weren't stored, or answers that said no."""

    at: dt.datetime
    total: int = 0
    done: int = 0
    waiting: int = 0
    dead: int = 0
    set_aside: int = 0
    refused: int = 0
    oldest_waiting_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a channel's settings: {setting: (before, after)}, as the database held it."""

    at: dt.datetime
    by: str
    action: str
    settings: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def course_of(channel: Channel, *, first: dt.date, last: dt.date, by: str) -> list[Row]:
    """The days (by="hour": hours) on which anything happened, newest first. Three queries."""
    begin = dt.datetime.combine(first, dt.time(), ZONE)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), ZONE)
    rows: dict[dt.datetime, Row] = {}
    messages = Message.objects.filter(channel=channel, received_at__gte=begin, received_at__lt=end)
    state = Q(state_row__state__in=_WAITING)
    counted = (
        messages.order_by()
        .annotate(at=Trunc("received_at", by, tzinfo=ZONE))
        .values("at")
        .annotate(
            total=Count("pk"),
            done=Count(
                "pk", filter=Q(state_row__state__in=(State.APPLIED, State.SUPERSEDED, State.DELIVERED))
            ),
            waiting=Count("pk", filter=state),
            dead=Count("pk", filter=Q(state_row__state=State.DEAD)),
            set_aside=Count("pk", filter=Q(state_row__state=State.SET_ASIDE)),
            oldest_waiting_at=Min("received_at", filter=state),
        )
    )
    for found in counted:
        rows[found["at"]] = Row(**found)
    for at, count in _refused(channel, begin, end, by):
        rows.setdefault(at, Row(at)).refused = count
    return sorted(rows.values(), key=lambda row: row.at, reverse=True)


def _refused(
    channel: Channel, begin: dt.datetime, end: dt.datetime, by: str
) -> Iterable[tuple[dt.datetime, int]]:
    if channel.direction == Channel.Direction.OUT:
        answers = Acknowledgement.objects.filter(
            message__channel=channel, message__received_at__gte=begin, message__received_at__lt=end
        ).exclude(code__in=_ACCEPTED)
        grouped = answers.order_by().annotate(at=Trunc("message__received_at", by, tzinfo=ZONE))
        return grouped.values("at").annotate(count=Count("pk")).values_list("at", "count")
    lines = AuditEvent.objects.filter(
        action="hl7_message.refused", recorded_at__gte=begin, recorded_at__lt=end, facility_id=channel.facility_id,
        detail__channel=str(channel.uuid),
    )  # fmt: skip
    grouped_lines = lines.order_by().annotate(at=Trunc("recorded_at", by, tzinfo=ZONE))
    return grouped_lines.values("at").annotate(count=Count("pk")).values_list("at", "count")


def oldest_waiting(channel: Channel) -> dt.datetime | None:
    """Since when the oldest message waits, whatever the days that are looked at. One query."""
    waiting = Message.objects.filter(channel=channel, state_row__state__in=_WAITING)
    return waiting.order_by("received_at").values_list("received_at", flat=True).first()


def last_answers(channel: Channel) -> list[Acknowledgement]:
    """What the neighbour answered last, newest first. One query."""
    found = Acknowledgement.objects.filter(message__channel=channel).select_related("message")
    return list(found.defer("raw", "message__raw", "message__reply").order_by("-pk")[:_LAST])


def last_letters(channel: Channel) -> list[DeadLetter]:
    """What needed a person last, settled or not, newest first. One query."""
    found = DeadLetter.objects.filter(message__channel=channel).select_related("message", "resolved_by")
    return list(found.defer("message__raw", "message__reply").order_by("-pk")[:_LAST])


def changes_of(channel: Channel, limit: int = 50) -> list[Change]:
    """Who did what to the settings, newest first. Three queries."""
    lines = list(
        AuditEvent.objects.filter(
            action__in=[f"channel.{verb}" for verb in _ACTIONS],
            entity_type=Channel._meta.label,
            entity_id=channel.pk,
        ).order_by("-recorded_at", "-pk")[:limit]
    )
    versions = RowVersion.objects.filter(table_name=Channel._meta.db_table, row_id=channel.pk)
    before: dict[int, dict[str, Any]] = {}
    after: dict[int, dict[str, Any]] = {}
    following = _present_row(channel)
    for version in versions.order_by("-recorded_at", "-pk")[: limit * 2]:
        # Of two changes in one transaction the first has what was before, the last what came of it.
        before[version.transaction_id] = version.row
        after.setdefault(version.transaction_id, following)
        following = version.row
    found = []
    for line in lines:
        told = _differences(before.pop(line.transaction_id, {}), after.get(line.transaction_id, {}))
        found.append(Change(line.recorded_at, line.agent_name, line.action.partition(".")[2], told))
    return found


def _present_row(channel: Channel) -> dict[str, Any]:
    """The row as the history's trigger would write it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(c)::text FROM transport_channel c WHERE id = %s", [channel.pk])
        row = cursor.fetchone()
    found: dict[str, Any] = json.loads(row[0]) if row else {}
    return found


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is another thing afterwards; a column that the older row hasn't (the program was updated) isn't a change."""
    names = [name for name in before if name in after and before[name] != after[name] and name not in _SILENT]
    return {name: ("•", "•") if name in _SECRET else (before[name], after[name]) for name in sorted(names)}
