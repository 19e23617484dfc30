"""ORU^R01 of a monitor onto the patient who is on it: thinned, unconfirmed, and never onto anybody else.

Whose it is, the use says that a nurse began by a scan; PID-3 can only contradict it. Both the time of measuring and the
time of coming must lie in the use and in the patient's place: so neither a clock that is wrong nor a message that was
held up reaches who was on the monitor before, or after.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Q

from emr.accounts.services import facility_setting
from emr.common.clock import now
from encounters.visits.models import Encounter, EncounterLocation
from integrations.hl7v2.identifying import patient_of
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply
from integrations.monitors.codes import PRESSURE_PAIRS, Named, Words
from integrations.monitors.models import (
    LONGEST_IDENTIFIER,
    DiscardedReadings,
    Monitor,
    MonitorReading,
    MonitorUse,
)
from integrations.monitors.reading import Told, Value, read_monitor
from integrations.transport.codes import note_codes
from integrations.transport.models import Message

Reason = DiscardedReadings.Reason
_MOST_COUNTED = 500


@dataclass(frozen=True, slots=True)
class Whose:
    """The use and the patient's place that a message is measured in."""

    use: MonitorUse
    place: EncounterLocation


class _Discard(Exception):
    def __init__(self, reason: str, identifier: str) -> None:
        super().__init__(reason)
        self.reason, self.identifier = reason, identifier


def apply_readings(message: Message) -> Applied:
    """Keep what is new of a monitor's values; raises CannotApply, Hl7Error. What is nobody's is counted and dropped."""
    told = read_monitor(message)
    try:
        monitor = _monitor(told)
        whose = _whose(told, monitor)
        _demand_same_person(told, monitor, whose)
    except _Discard as nobodys:
        return _count(told, nobodys.reason, nobodys.identifier)
    words = Words(told.channel, [v.concept for v in told.values], [v.unit for v in told.values])
    values = _signs(told, words)
    rows = _rows(told, monitor, whose, values)
    note_codes(told.channel, words.unknown())
    if not values:
        return _count(told, Reason.NOTHING, monitor.identifier)
    kept = _keep(rows)
    return Applied(kept > 0)


def _monitor(told: Told) -> Monitor:
    """The one registered monitor that the message names."""
    names = told.identifiers or [told.channel.sending_application[:LONGEST_IDENTIFIER]]
    known = list(Monitor.objects.filter(channel=told.channel, identifier__in=names, is_active=True)[:2])
    if len(known) != 1:
        raise _Discard(Reason.TWO if known else Reason.UNKNOWN, names[0])
    return known[0]


def _whose(told: Told, monitor: Monitor) -> Whose:
    came, taken = told.message.received_at, told.sampled_at
    allowed = dt.timedelta(seconds=int(facility_setting(told.channel.facility_id, "monitor_clock_seconds")))
    if taken is None or abs(came - taken) > allowed:
        raise _Discard(Reason.CLOCK, monitor.identifier)
    first, last = min(came, taken), max(came, taken)
    uses = MonitorUse.objects.filter(monitor=monitor).select_related("bed")
    at_end = uses.filter(Q(ends_at=None) | Q(ends_at__gt=last), starts_at__lte=last).first()
    if at_end is None:
        raise _Discard(Reason.FREE, monitor.identifier)
    places = EncounterLocation.objects.filter(Q(ends_at=None) | Q(ends_at__gt=last), cancelled_at=None)
    places = places.filter(starts_at__lte=last, encounter__status=Encounter.Status.IN_PROGRESS)
    places = (
        places.filter(location=at_end.bed)
        if at_end.bed_id is not None
        else places.filter(pk=at_end.place_id or 0)
    )
    found = list(places.select_related("encounter__patient")[:2])
    if len(found) != 1:
        empty = Reason.NOBODY if at_end.bed_id is not None else Reason.FREE
        raise _Discard(Reason.SEVERAL if found else empty, monitor.identifier)
    if max(at_end.starts_at, found[0].starts_at) > first:
        raise _Discard(Reason.MOVING, monitor.identifier)
    return Whose(at_end, found[0])


def _demand_same_person(told: Told, monitor: Monitor, whose: Whose) -> None:
    """A number on the monitor must be the patient's own; none at all says nothing."""
    if not told.pid.patient_identifier_list:
        return
    try:
        named = patient_of(told.channel, told.pid, otherwise=CannotApply("result_of_another"))
    except CannotApply:
        named = None
    if named is None or named.root_id != whose.place.encounter.patient.root_id:
        raise _Discard(Reason.ANOTHER, monitor.identifier)


def _signs(told: Told, words: Words) -> list[tuple[Named, Value]]:
    """The vital signs among the values, one of each; of a pressure both numbers, taken the same way, or none."""
    read: dict[str, dict[str, tuple[Named, Value]]] = {}
    for value in told.values:
        named = words.sign(value.concept)
        if named is None:
            continue
        number = words.value(named.sign, value.number, value.unit, value.concept.text)
        if number is None or not named.sign.possible[0] <= number <= named.sign.possible[1]:
            continue
        entry = (named, Value(value.concept, number, named.sign.ucum, value.observed_at))
        read.setdefault(named.sign.name, {}).setdefault(named.code, entry)
    found = []
    for name, by_code in read.items():
        if name not in {"systolic", "diastolic"}:
            found.append(min(by_code.values(), key=lambda entry: entry[0].rank))
    return found + _pressure(read.get("systolic", {}), read.get("diastolic", {}))


def _pressure(
    systolic: dict[str, tuple[Named, Value]], diastolic: dict[str, tuple[Named, Value]]
) -> list[tuple[Named, Value]]:
    for code, upper in sorted(systolic.items(), key=lambda item: item[1][0].rank):
        pair = PRESSURE_PAIRS.get(code)
        # A pair that our table doesn't know (mapped, or in LOINC): where only one diastolic value isn't another's half.
        others = [entry for name, entry in diastolic.items() if name not in PRESSURE_PAIRS.values()]
        lower = diastolic.get(pair) if pair else others[0] if len(others) == 1 else None
        if lower is None or lower[1].observed_at != upper[1].observed_at:
            continue
        if upper[1].number > lower[1].number:
            return [upper, lower]
    return []


def _rows(
    told: Told, monitor: Monitor, whose: Whose, values: list[tuple[Named, Value]]
) -> list[MonitorReading]:
    every = int(facility_setting(told.channel.facility_id, "monitor_keep_seconds"))
    begins = max(whose.use.starts_at, whose.place.starts_at)
    encounter = whose.place.encounter
    return [
        MonitorReading(
            facility_id=told.channel.facility_id,
            monitor=monitor,
            use=whose.use,
            place=whose.place,
            patient_id=encounter.patient_id,
            encounter=encounter,
            code=named.sign.loinc,
            value=value.number,
            unit=named.sign.ucum,
            sent_code=named.code[:60],
            observed_at=value.observed_at,
            slot=_slot(value.observed_at, every),
            message=told.message,
        )
        for named, value in values
        # A cuff's last value keeps its time: taken before this patient was on the monitor it is the other one's.
        if value.observed_at >= begins
    ]


def _slot(at: dt.datetime, seconds: int) -> dt.datetime:
    whole = int(at.timestamp()) // seconds * seconds
    return dt.datetime.fromtimestamp(whole, dt.UTC)


def _keep(rows: list[MonitorReading]) -> int:
    """Store what has no value yet in its slot; how many."""
    if not rows:
        return 0
    first = rows[0]
    there = set(
        MonitorReading.objects.filter(
            monitor=first.monitor, place=first.place, slot__in={row.slot for row in rows}
        ).values_list("code", "slot")
    )
    new = [row for row in rows if (row.code, row.slot) not in there]
    # The other lane may have stored the same in this moment: the first one stands.
    MonitorReading.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _count(told: Told, reason: str, identifier: str) -> Applied:
    """One more that is nobody's. Of a sender that invents a name for each message the rest is counted together."""
    key = {"channel": told.channel, "identifier": identifier, "reason": reason}
    moved = {"count": F("count") + 1, "last_at": now()}
    if not DiscardedReadings.objects.filter(**key).update(**moved):
        if DiscardedReadings.objects.filter(channel=told.channel).count() >= _MOST_COUNTED:
            key["identifier"] = "*"
        DiscardedReadings.objects.bulk_create(
            [DiscardedReadings(**key, facility_id=told.channel.facility_id)], ignore_conflicts=True
        )
        DiscardedReadings.objects.filter(**key).update(**moved)
    return Applied(False, [(f"monitor_{reason}", {"monitor": identifier})])
