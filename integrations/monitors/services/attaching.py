"""A monitor is registered, put on a patient or at a bed, and taken off again."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Location, Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.visits.models import Encounter, EncounterLocation
from integrations.monitors.models import DiscardedReadings, Monitor, MonitorUse
from integrations.transport.models import Channel

End = MonitorUse.End


@transaction.atomic
def register_monitor(
    *, channel: Channel, identifier: str, label: str, name: str, department: Organization, by: User
) -> Monitor:
    """Make a monitor known: what it sends from now on may be somebody's. Refuses a name or a label that is taken."""
    identifier, label = identifier.strip(), label.strip().upper()
    if channel.facility_id != by.facility_id or channel.performs != Channel.Performs.MONITORS:
        raise DomainError(_("This channel is none of monitors."), code="channel", field="channel")
    if not identifier:
        raise DomainError(_("Say what the monitor calls itself."), code="identifier", field="identifier")
    monitor = Monitor(
        facility_id=by.facility_id,
        channel=channel,
        identifier=identifier,
        label=label or identifier.upper()[:40],
        name=name.strip() or identifier[:60],
        department=department,
        registered_by=by,
    )
    _keep(monitor)
    DiscardedReadings.objects.filter(
        channel=channel, identifier=identifier, reason=DiscardedReadings.Reason.UNKNOWN
    ).delete()
    record("monitor.add", by=by, of=monitor)
    return monitor


@transaction.atomic
def keep_monitor(
    *, monitor: Monitor, label: str, name: str, department: Organization, is_active: bool, by: User
) -> Monitor:
    """Change what is known of a monitor; one that is no longer in use measures nobody."""
    monitor = Monitor.objects.select_for_update().get(pk=monitor.pk)
    monitor.label, monitor.name = label.strip().upper() or monitor.label, name.strip() or monitor.name
    monitor.department, monitor.is_active = department, is_active
    _keep(monitor)
    if not is_active:
        _end(monitor, by, End.RETIRED)
    record("monitor.change", by=by, of=monitor)
    return monitor


def _keep(monitor: Monitor) -> None:
    others = Monitor.objects.filter(facility_id=monitor.facility_id).exclude(pk=monitor.pk)
    if others.filter(label=monitor.label).exists():
        raise DomainError(_("Another monitor has this label."), code="label_taken", field="label")
    if others.filter(channel_id=monitor.channel_id, identifier=monitor.identifier).exists():
        raise DomainError(
            _("This monitor is registered already."), code="identifier_taken", field="identifier"
        )
    try:
        with transaction.atomic():
            monitor.save()
    except IntegrityError as error:  # somebody was quicker
        raise Conflict(_("This monitor is registered already."), code="identifier_taken") from error


@transaction.atomic
def attach(
    *, monitor: Monitor, by: User, key: uuid.UUID, stay: Encounter | None = None, bed: Location | None = None
) -> MonitorUse:
    """From now on the monitor measures this patient, or whoever lies in this bed; where it was before it measures no more.

    The same key again answers what it did. Raises DomainError for who has left, Conflict for a key used otherwise.
    """
    monitor = Monitor.objects.select_for_update().get(pk=monitor.pk)
    done = MonitorUse.objects.filter(facility_id=monitor.facility_id, key=key).select_related("place").first()
    if done is not None:
        same = (done.monitor_id, done.bed_id, done.place.encounter_id if done.place else None)
        if same != (monitor.pk, bed.pk if bed else None, stay.pk if stay else None):
            raise Conflict(_("Another monitor was sent under the same key."), code="key_reused")
        return done
    if not monitor.is_active:
        raise DomainError(_("This monitor is no longer in use."), code="retired")
    place = _place_of(stay) if stay is not None else None
    running = MonitorUse.objects.filter(monitor=monitor, ends_at=None).first()
    if running is not None and (running.bed, running.place) == (bed, place):
        return running
    at = _end(monitor, by, End.ELSEWHERE)
    use = MonitorUse.objects.create(
        facility_id=monitor.facility_id,
        monitor=monitor,
        bed=bed,
        place=place,
        key=key,
        starts_at=at,
        started_by=by,
    )
    detail = {"bed": bed.code} if bed is not None else {"place": place.pk if place else None}
    record("monitor.attach", by=by, of=monitor, patient=stay.patient if stay else None, detail=detail)
    return use


def _place_of(stay: Encounter) -> EncounterLocation:
    # Whoever moves or discharges the patient in this very moment comes before or after, never between.
    stay = Encounter.objects.select_for_update(of=("self",), no_key=True).get(pk=stay.pk)
    place = EncounterLocation.objects.filter(encounter=stay, ends_at=None, cancelled_at=None).first()
    if not stay.is_open or place is None:
        raise DomainError(_("The patient isn't here any more."), code="left")
    return place


@transaction.atomic
def detach(*, monitor: Monitor, by: User) -> None:
    """Nobody is measured any more; a monitor that is on nobody stays so."""
    monitor = Monitor.objects.select_for_update().get(pk=monitor.pk)
    if MonitorUse.objects.filter(monitor=monitor, ends_at=None).exists():
        _end(monitor, by, End.BY_HAND)
        record("monitor.detach", by=by, of=monitor)


def _end(monitor: Monitor, by: User | None, end: str) -> dt.datetime:
    """End what runs; answers the moment, at which another may begin."""
    at = now()
    for use in MonitorUse.objects.select_for_update().filter(monitor=monitor, ends_at=None):
        at = max(at, use.starts_at)
        use.ends_at, use.ended_by, use.end = at, by, end
        use.save(update_fields=["ends_at", "ended_by", "end"])
    return at


@transaction.atomic
def end_uses_of(*, encounter_id: int) -> int:
    """The patient moved or left: the monitors on them are free. Returns how many; what measures nobody else's is untouched.

    Nothing rests on this coming in time: a value is the patient's only within their place (`selectors.held`).
    """
    uses = (
        MonitorUse.objects.select_for_update(of=("self",))
        .filter(place__encounter=encounter_id, ends_at=None)
        .exclude(
            place__ends_at=None,
            place__cancelled_at=None,
            place__encounter__status=Encounter.Status.IN_PROGRESS,
        )
        .select_related("place__encounter", "monitor")
        .order_by("pk")
    )
    count = 0
    for use in uses:
        place = use.place
        assert place is not None  # noqa: S101  # the filter asked for it
        left = place.ends_at or place.encounter.ended_at or place.cancelled_at or now()
        use.ends_at = max(use.starts_at, left)
        use.end = End.MOVED if place.encounter.is_open else End.LEFT
        use.save(update_fields=["ends_at", "end"])
        record("monitor.detach", of=use.monitor, patient=place.encounter.patient, detail={"why": use.end})
        count += 1
    return count
