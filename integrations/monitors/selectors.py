"""Questions about monitors: whom one measures, what it sent that nobody has confirmed, what was used for nobody."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.common.clock import now
from encounters.monitoring.selectors import Last, last_values
from encounters.results.vital_signs import BY_LOINC, VitalSign
from encounters.visits.models import Encounter, EncounterLocation
from integrations.monitors.models import DiscardedReadings, Monitor, MonitorReading, MonitorUse
from integrations.monitors.permissions import READ

# Said of everybody at each round and measured by no monitor: shown and kept as last time, where that is known.
SAID = ("consciousness", "oxygen_flow")


def running_uses() -> QuerySet[MonitorUse]:
    """The uses that hold now: not ended, and of a patient those whose place is still theirs."""
    of_patient = Q(
        place__cancelled_at=None,
        place__ends_at=None,
        place__encounter__status=Encounter.Status.IN_PROGRESS,
    )
    return MonitorUse.objects.filter(Q(bed__isnull=False) | of_patient, ends_at=None)


def held() -> QuerySet[MonitorReading]:
    """The values that are still their patient's, by all that is known now.

    A move or a discharge may be entered later than it happened, or taken back: then what was measured in between is
    nobody's. So is what a monitor sent of a bed whose patient was another at that time.
    """
    of_place = Q(place__ends_at=None) | Q(place__ends_at__gt=F("observed_at"))
    of_use = Q(use__ends_at=None) | Q(use__ends_at__gt=F("observed_at"))
    of_bed = Q(use__bed=None, use__place=F("place")) | Q(use__bed=F("place__location"))
    return MonitorReading.objects.filter(
        of_place,
        of_use,
        of_bed,
        place__cancelled_at=None,
        place__encounter=F("encounter"),
        place__starts_at__lte=F("observed_at"),
        use__starts_at__lte=F("observed_at"),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """One value to be confirmed."""

    reading: MonitorReading
    sign: VitalSign

    @property
    def words(self) -> str:
        """37,5 °C."""
        return f"{self.sign.words(self.reading.value)} {self.sign.unit}".strip()


@dataclass(slots=True)
class Offer:
    """What a nurse may confirm of one stay at once; `said` as last time, by name."""

    shown: list[Shown]
    said: dict[str, Decimal]
    # For the form beside it: sent twice is confirmed once.
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def at(self) -> dt.datetime:
        """The newest value's time: the round's."""
        return max(one.reading.observed_at for one in self.shown)

    @property
    def monitors(self) -> list[str]:
        """From which."""
        return list(dict.fromkeys(one.reading.monitor.name for one in self.shown))

    @property
    def posted(self) -> list[tuple[str, str]]:
        """(name, number) of the same, as the form sends it back."""
        return [(name, f"{value.normalize():f}") for name, value in self.said.items()]

    @property
    def said_words(self) -> list[tuple[object, str]]:
        """(title, words) of what is kept as last time."""
        signs = {sign.name: sign for sign in BY_LOINC.values()}
        return [
            (signs[name].title, f"{signs[name].words(value)} {signs[name].unit}".strip())
            for name, value in self.said.items()
        ]


def offers_of(facility_id: int, stay_ids: Sequence[int]) -> dict[int, Offer]:
    """{stay: the newest values of a monitor that may be confirmed}; three queries, however many stays."""
    oldest = now() - dt.timedelta(minutes=int(facility_setting(facility_id, "monitor_fresh_minutes")))
    rows = (
        held()
        .filter(
            encounter__in=list(stay_ids),
            encounter__status=Encounter.Status.IN_PROGRESS,
            observed_at__gte=oldest,
        )
        .select_related("monitor", "confirmation")
        .order_by("encounter", "code", "-observed_at", "-pk")
        .distinct("encounter", "code")
    )
    newest: dict[int, dict[str, MonitorReading]] = {}
    for row in rows:
        # Where the newest is confirmed, what is older than it is none to confirm.
        if getattr(row, "confirmation", None) is None:
            newest.setdefault(row.encounter_id, {})[BY_LOINC[row.code].name] = row
    told = last_values(newest) if newest else {}
    return {stay: offer for stay, found in newest.items() if (offer := _offer(found, told.get(stay)))}


def _offer(found: dict[str, MonitorReading], last: Last | None) -> Offer | None:
    systolic, diastolic = found.get("systolic"), found.get("diastolic")
    # One pressure is two numbers of one moment and of one monitor.
    if (
        systolic is None
        or diastolic is None
        or (systolic.observed_at, systolic.monitor_id) != (diastolic.observed_at, diastolic.monitor_id)
        or systolic.value <= diastolic.value
    ):
        found = {name: row for name, row in found.items() if name not in {"systolic", "diastolic"}}
    if not found:
        return None
    values = last.values if last is not None else {}
    shown = [Shown(row, BY_LOINC[row.code]) for row in found.values()]
    order = list(BY_LOINC)
    return Offer(
        sorted(shown, key=lambda one: order.index(one.sign.loinc)),
        {name: values[name] for name in SAID if name in values},
    )


def uses_by_stay(stays: Iterable[Encounter]) -> dict[int, list[MonitorUse]]:
    """{stay: the monitors that measure it now}: two queries, however many."""
    places = {
        place.pk: place
        for place in EncounterLocation.objects.filter(
            encounter__in=[stay.pk for stay in stays], ends_at=None, cancelled_at=None
        )
    }
    of_bed = {place.location_id: place for place in places.values() if place.location_id is not None}
    found: dict[int, list[MonitorUse]] = {}
    uses = running_uses().filter(Q(place__in=list(places)) | Q(bed__in=list(of_bed)))
    for use in uses.select_related("monitor").order_by("pk"):
        place = places.get(use.place_id or 0) or of_bed.get(use.bed_id or 0)
        if place is not None:
            found.setdefault(place.encounter_id, []).append(use)
    return found


def uses_monitors(facility_id: int) -> bool:
    """Whether the facility has any monitor in use."""
    return Monitor.objects.filter(facility_id=facility_id, is_active=True).exists()


STATES = ("all", "on", "free", "retired")


def monitors_for(user: User, *, words: str = "", state: str = "all") -> QuerySet[Monitor]:
    """The monitors of the person's departments, with `use_id` (the present one) and `last_at` (its newest value)."""
    reach = user.departments_for(READ)
    found = Monitor.objects.filter(facility_id=user.facility_id)
    if isinstance(reach, frozenset):  # else everywhere
        found = found.filter(department__in=reach)
    found = found.filter(is_active=state != "retired")
    for word in words.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(label__icontains=word)
            | Q(identifier__icontains=word)
            | Q(department__name__icontains=word)
        )
    use = running_uses().filter(monitor=OuterRef("pk")).values("pk")[:1]
    last = MonitorReading.objects.filter(monitor=OuterRef("pk")).order_by("-observed_at")
    found = found.annotate(use_id=Subquery(use), last_at=Subquery(last.values("observed_at")[:1]))
    if state == "on":
        found = found.filter(use_id__isnull=False)
    elif state == "free":
        found = found.filter(use_id=None)
    return found.select_related("department", "channel").order_by("department__code", "name", "pk")


def uses_by_id(use_ids: Iterable[int | None]) -> dict[int, MonitorUse]:
    """The uses with whom they are about: two queries (a bed's patient is found by the bed)."""
    uses = MonitorUse.objects.filter(pk__in=[pk for pk in use_ids if pk]).select_related(
        "bed__department", "place__encounter__patient", "place__location", "place__department"
    )
    found = {use.pk: use for use in uses}
    beds = [use.bed_id for use in found.values() if use.bed_id]
    present = EncounterLocation.objects.filter(
        location__in=beds, ends_at=None, cancelled_at=None, encounter__status=Encounter.Status.IN_PROGRESS
    ).select_related("encounter__patient", "location", "department")
    by_bed = {place.location_id: place for place in present}
    for use in found.values():
        use.present = use.place or by_bed.get(use.bed_id or 0)  # type: ignore[attr-defined]  # for the list beside it
    return found


def uses_of(monitor: Monitor) -> QuerySet[MonitorUse]:
    """Where a monitor was, the newest first."""
    return (
        MonitorUse.objects.filter(monitor=monitor)
        .select_related("bed", "place__encounter__patient", "place__location", "started_by", "ended_by")
        .order_by("-starts_at", "-pk")
    )


def discarded_for(user: User) -> QuerySet[DiscardedReadings]:
    """What was used for nobody in the last week, the newest first."""
    week = now() - dt.timedelta(days=7)
    rows = DiscardedReadings.objects.filter(facility_id=user.facility_id, last_at__gte=week)
    return rows.select_related("channel").order_by("-last_at")


def wards_of(user: User, right: str) -> list[Organization]:
    """The wards where the person holds the right."""
    wards = Organization.objects.filter(
        kind=Organization.Kind.DEPARTMENT, parent=user.facility_id, is_active=True, is_clinical=True
    )
    return [ward for ward in wards.order_by("code") if user.has_right(right, ward.pk)]
