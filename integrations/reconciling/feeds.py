"""What each neighbour told on a day, read from the bytes that came: patients, stays, orders and results by their numbers.

PostgreSQL takes the few fields out of the messages, so that nobody's name and no attached file travels to get a count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from integrations.his.order_reading import NEW
from integrations.hl7v2.order_segments import LOINC_SYSTEMS
from integrations.reconciling.days import Day
from integrations.reconciling.neighbours import Neighbour, by_channel

# ADT events that speak of a stay; the others are about the person alone. "": the sender names the event in EVN-1.
_OF_A_STAY = {"", "A01", "A02", "A03", "A04", "A06", "A07", "A08", "A11", "A12", "A13"}
_TAKEN_BACK = "A11"
_ORDERS = ("ORM", "OML", "OMP", "OMG", "RDE")
_LONGEST_STAY, _LONGEST_ORDER, _LONGEST_RESULT = 40, 75, 80  # as the rooms keep them

# `encode` writes bytes as ASCII whatever their character set: a backslash doubled, others as \ooo. MSH-1 and MSH-2 stand
# at the beginning. What a person has corrected at the desk counts in its corrected copy.
_TOLD = """
WITH told AS MATERIALIZED (
  SELECT m.id, m.channel_id, split_part(m.message_type, '^', 1) AS code, split_part(m.message_type, '^', 2) AS event,
         substr(e.text, strpos(e.text, 'MSH')) AS text
  FROM transport_message m CROSS JOIN LATERAL (SELECT encode(m.raw, 'escape') AS text) e
  WHERE m.facility_id = %s AND m.channel_id = ANY(%s) AND m.received_at >= %s AND m.received_at < %s
    AND split_part(m.message_type, '^', 1) = ANY(%s)
    AND NOT EXISTS (SELECT 1 FROM transport_deadletter d WHERE d.message_id = m.id AND d.resolution = 'edited')
), line AS (
  SELECT t.id, t.channel_id, t.code, t.event, l.line, l.number, left(l.line, 3) AS name,
         substr(t.text, 4, 1) AS f, substr(t.text, 5, 1) AS c
  FROM told t CROSS JOIN LATERAL string_to_table(translate(t.text, E'\\n', E'\\r'), E'\\r')
       WITH ORDINALITY AS l(line, number)
  WHERE left(l.line, 3) = ANY(CASE t.code WHEN 'ADT' THEN ARRAY['PID', 'PV1'] WHEN 'ORU' THEN ARRAY['ORC', 'OBR']
                              ELSE ARRAY['ORC'] END)
)
SELECT id, channel_id, code, event, name, c,
       CASE name WHEN 'PID' THEN ARRAY[split_part(line, f, 19)]
                 WHEN 'PV1' THEN ARRAY[split_part(line, f, 20), split_part(line, f, 51)]
                 WHEN 'ORC' THEN ARRAY[split_part(line, f, 2), split_part(line, f, 3), split_part(line, f, 4)]
                 ELSE ARRAY[split_part(line, f, 3), split_part(line, f, 4), split_part(line, f, 5),
                            split_part(line, f, 27)] END
FROM line WHERE f <> '' ORDER BY id, number
"""
# The own numbers of PID-3 stand in a column already.
_PATIENTS = """
SELECT channel_id, patient_number, max(id) FROM transport_message
WHERE facility_id = %s AND channel_id = ANY(%s) AND received_at >= %s AND received_at < %s AND patient_number <> ''
GROUP BY channel_id, patient_number
"""
# (neighbour, number)
Key = tuple[str, str]


@dataclass(slots=True)
class Feed:
    """Everything that was told on a day: {(neighbour, number): id of the last message that says it}."""

    patients: dict[Key, int] = field(default_factory=dict)
    stays: dict[Key, int] = field(default_factory=dict)
    # Those of the stays whose last news is that they never should have been.
    taken_back: set[Key] = field(default_factory=set)
    orders: dict[Key, int] = field(default_factory=dict)
    # Ids of the messages that place the order.
    placed: dict[Key, list[int]] = field(default_factory=dict)
    # By the number under which a report is kept.
    results: dict[Key, int] = field(default_factory=dict)


def read_feed(facility_id: int, neighbours: Sequence[Neighbour], day: Day) -> Feed:
    """The day's feed of all incoming channels. Two queries."""
    feed, owners = Feed(), by_channel(neighbours)
    channels = [channel.pk for one in neighbours for channel in one.incoming]
    if not channels:
        return feed
    span: list[Any] = [facility_id, channels, day.begins, day.ends]
    with connection.cursor() as cursor:
        cursor.execute(_PATIENTS, span)
        for channel_id, number, message_id in cursor.fetchall():
            _keep(feed.patients, (owners[channel_id].key, number), message_id)
        cursor.execute(_TOLD, [*span, ["ADT", "ORU", *_ORDERS]])
        for message in _messages(cursor.fetchall()):
            _read(feed, owners[message.channel_id], message)
    return feed


def _keep(told: dict[Key, int], key: Key, message_id: int) -> None:
    told[key] = max(message_id, told.get(key, 0))


@dataclass(slots=True)
class _Message:
    pk: int
    channel_id: int
    code: str
    event: str
    component: str
    lines: list[tuple[str, list[str]]] = field(default_factory=list)


def _messages(rows: list[Any]) -> Iterator[_Message]:
    current: _Message | None = None
    for pk, channel_id, code, event, name, component, fields in rows:
        if current is None or current.pk != pk:
            if current is not None:
                yield current
            current = _Message(pk, channel_id, code, event, component)
        current.lines.append((name, fields))
    if current is not None:
        yield current


def _read(feed: Feed, neighbour: Neighbour, message: _Message) -> None:
    if message.code == "ADT":
        _read_stay(feed, neighbour, message)
    elif message.code == "ORU":
        _read_results(feed, neighbour, message)
    elif neighbour.is_his:  # of a laboratory's system such a message is a word about an order of ours
        _read_orders(feed, neighbour, message)


def _read_stay(feed: Feed, neighbour: Neighbour, message: _Message) -> None:
    """PV1-19, else PV1-50, else PID-18: as the room `his` finds a stay."""
    if message.event not in _OF_A_STAY:
        return
    fields = dict(message.lines)
    candidates = [*fields.get("PV1", ["", ""]), *fields.get("PID", [""])]
    number = next((text for raw in candidates if (text := _first(raw, message.component))), "")
    if not number:
        return
    key = (neighbour.key, number[:_LONGEST_STAY])
    _keep(feed.stays, key, message.pk)
    if message.event == _TAKEN_BACK:
        feed.taken_back.add(key)
    else:
        feed.taken_back.discard(key)


def _read_orders(feed: Feed, neighbour: Neighbour, message: _Message) -> None:
    for _name, (control, placer, filler) in message.lines:
        number = _first(placer, message.component) or _first(filler, message.component)
        if not number:
            continue
        key = (neighbour.key, number[:_LONGEST_ORDER])
        _keep(feed.orders, key, message.pk)
        if control.strip().upper() in NEW and message.pk not in feed.placed.setdefault(key, []):
            feed.placed[key].append(message.pk)


def _read_results(feed: Feed, neighbour: Neighbour, message: _Message) -> None:
    """OBR-3, else ORC-3, else our own number, with the test's code; what is part of another report is none of its own."""
    orc = ["", "", ""]
    for name, fields in message.lines:
        if name == "ORC":
            orc = fields
            continue
        placer, filler, service, parent = fields
        candidates = (filler, orc[2], placer, orc[1])
        orc = ["", "", ""]
        number = next((text for raw in candidates if (text := _first(raw, message.component))), "")
        if not number or parent:
            continue
        code = _code(service, message.component)
        _keep(feed.results, (neighbour.key, f"{number}|{code}"[:_LONGEST_RESULT]), message.pk)


def _code(service: str, component: str) -> str:
    """OBR-4: the sender's own code, else LOINC's."""
    parts = [plain(part) for part in service.split(component)] + [""] * 6
    pairs = [(parts[0], parts[2]), (parts[3], parts[5])]
    own = [code for code, system in pairs if code and system.upper() not in LOINC_SYSTEMS]
    loinc = [code for code, system in pairs if code and system.upper() in LOINC_SYSTEMS]
    return next(iter([*own, *loinc]), "")


def _first(raw: str, component: str) -> str:
    """The first component's first part; the explicit null says nothing."""
    text = plain(raw.split("~", 1)[0].split(component, 1)[0].split("&", 1)[0]).strip()
    return "" if text == '""' else text


_ESCAPED = re.compile(rb"\\(?:(\\)|([0-7]{3}))")


def plain(text: str) -> str:
    """A field as `encode` wrote it, as text: a number with letters beyond ASCII is read as UTF-8."""
    if "\\" not in text:
        return text
    raw = _ESCAPED.sub(lambda found: b"\\" if found[1] else bytes([int(found[2], 8)]), text.encode())
    return raw.decode("utf-8", errors="replace")
