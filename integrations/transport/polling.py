"""A view of a neighbour's database is read on from where it was left; each row becomes one message, once.

Rows and the place up to which they were read are kept in one transaction: killed at any line, the next look goes on from
there. What becomes visible late, with a smaller place (its transaction took long), lies within the overlap that is read
again; a row that is there already is known by its content.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from emr.common.arming import demand_armed
from emr.common.clock import now
from integrations.transport import rows, services
from integrations.transport.client import Away
from integrations.transport.databases import open_session
from integrations.transport.intakes import Intake, SqlSource
from integrations.transport.models import Channel, Message
from integrations.transport.refused import file_refused
from integrations.transport.wires import Line, Position, column_names, is_whole

PAGE = 500
# So many new rows a look: the others come with the next, and other channels in between.
MOST_NEW = 5000


def take_rows(channel: Channel) -> int:
    """Read on; answers how many messages are new. Raises Away: what was read until then is kept."""
    demand_armed()
    source = SqlSource.objects.filter(channel=channel).first()
    if source is None:
        raise Away("sql_names")
    intake, _is_new = Intake.objects.get_or_create(
        channel=channel, defaults={"facility_id": channel.facility_id}
    )
    count, start = 0, _start(source, intake)
    last: Position | None = None  # the last row of this look; without one the place stays where it was
    with open_session(channel, source) as session:
        while count < MOST_NEW:
            lines = session.page(start, PAGE)
            _demand_order(source, start, lines)
            is_end = len(lines) < PAGE
            start = last = lines[-1].position if lines else last
            count += _keep(channel, source, lines, _place_to_keep(source, last, is_end=is_end), is_end=is_end)
            if is_end:
                break
    if source.changed_column and last is not None and _instant(last.changed) is None:
        raise Away("sql_changed", column=source.changed_column)
    return count


def _start(source: SqlSource, intake: Intake) -> Position | None:
    """Where to begin: in the middle of what is new, exactly there; at its end, the overlap before it."""
    left = Position(str(intake.position.get("key", "")), intake.position.get("changed"))
    if not left.key or bool(left.changed) != bool(source.changed_column):
        return None
    if not intake.is_at_end:
        return left
    if source.changed_column:
        at = _instant(left.changed)
        return Position("", _written(at - dt.timedelta(seconds=source.overlap))) if at is not None else None
    # Not below nought, unless keys are: a column of small numbers can't be compared with a large one.
    key = int(left.key)
    return Position(str(max(key - source.overlap, min(key, 0))), None)


def _demand_order(source: SqlSource, start: Position | None, lines: Sequence[Line]) -> None:
    """Places go on: numbers where nothing else orders, and no page of one place alone, which would never end."""
    if not source.changed_column and not all(is_whole(line.position.key) for line in lines):
        raise Away("sql_key")
    if len(lines) == PAGE and start is not None and lines[-1].position == start:
        raise Away("sql_same_key", column=source.key_column)


def _place_to_keep(source: SqlSource, last: Position | None, *, is_end: bool) -> Position | None:
    """At the end a clock that runs ahead there isn't believed: what is written until then must still be found."""
    if last is None or not is_end or not source.changed_column:
        return last
    at = _instant(last.changed)
    if at is None:
        return last
    present = timezone.localtime(now())
    limit = present if timezone.is_aware(at) else present.replace(tzinfo=None)
    return Position(last.key, _written(limit)) if at > limit else last


def _instant(text: str | None) -> dt.datetime | None:
    """What the database writes for a time; "infinity" is the end of all times; None for what is none."""
    if text == "infinity":
        return dt.datetime.max.replace(tzinfo=dt.UTC)
    found = None
    with suppress(ValueError):
        found = dt.datetime.fromisoformat(text or "")
    return found


def _written(at: dt.datetime) -> str:
    return at.isoformat(sep=" ")


@transaction.atomic
def _keep(
    channel: Channel, source: SqlSource, lines: Sequence[Line], place: Position | None, *, is_end: bool
) -> int:
    """A page's rows as messages, and the place behind them: both or neither."""
    names, moment, arrivals = column_names(source), now(), []
    for line in lines:
        values = dict(zip(names, line.cells, strict=True))
        raw = rows.canonical(source.kind, line.position.key, line.position.changed, values)
        digest = hashlib.sha256(raw).hexdigest()
        # A patient's row may have the patient's number for its key: that stands in no list.
        control_id = digest[:20] if source.kind == SqlSource.Kind.PATIENT else _printable(line.position.key)
        message_type = f"{rows.MESSAGE_CODE}^{source.kind.upper()}"
        if len(raw) > rows.LARGEST_ROW:
            file_refused(
                channel, raw=raw[: rows.LARGEST_ROW], control_id=control_id, message_type=message_type,
                patient_number="", reason="too_long", detail={"count": rows.LARGEST_ROW // 1024**2},
            )  # fmt: skip
            continue
        arrivals.append(
            services.Arrival(
                channel=channel, raw=raw, received_at=moment, peer_address=channel.address[:45], control_id=control_id,
                message_type=message_type, version=rows.FORM, patient_number=rows.number_of_patient(values),
                duplicate_key=f"row:{digest}", reply=b"",
            )
        )  # fmt: skip
    filed = services.file_messages(_unknown(channel, arrivals))
    if place is not None:
        Intake.objects.filter(channel=channel).update(
            position={"key": place.key, "changed": place.changed}, is_at_end=is_end
        )
    return sum(one.verdict == services.Verdict.STORED for one in filed)


def _unknown(channel: Channel, arrivals: Sequence[services.Arrival]) -> list[services.Arrival]:
    """Those that aren't there yet: filing finds the others too, at more cost, and most of an overlap is there."""
    keys = [arrival.duplicate_key for arrival in arrivals]
    known = Message.objects.filter(channel=channel, duplicate_key__in=keys)
    there = set(known.values_list("duplicate_key", flat=True))
    return [arrival for arrival in arrivals if arrival.duplicate_key not in there]


def _printable(key: str) -> str:
    return "".join(sign for sign in key if sign.isprintable())[:200]
