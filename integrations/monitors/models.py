"""Monitors at the bed, whom they measure, and what they sent before anybody has looked at it."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord, Location, Organization, TsTzRange
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.visits.models import EncounterLocation
from encounters.visits.models.encounter import DepartmentOfFacility
from integrations.transport.models import Channel, Message

LONGEST_IDENTIFIER = 120
FORGOTTEN_AFTER_DAYS = 2


class Monitor(FacilityRecord):
    """A monitor that somebody registered: by which name it speaks, and what its barcode says."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    # OBX-18; where a monitor has none, PV1-3 as it names its own place; else MSH-3.
    identifier = models.CharField(max_length=LONGEST_IDENTIFIER)
    label = models.CharField(max_length=40, help_text="what the barcode on it says, in capitals")
    name = models.CharField(max_length=60)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["department", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "identifier"], name="one_monitor_per_identifier"),
            models.UniqueConstraint(fields=["facility", "label"], name="one_monitor_per_label"),
            models.CheckConstraint(condition=~Q(identifier="") & ~Q(label=""), name="a_monitor_is_named"),
        ]
        triggers = [RowHistory(), SameFacility("channel_id", "transport_channel"), DepartmentOfFacility()]

    def __str__(self) -> str:
        return self.name


class MonitorUse(FacilityRecord):
    """A monitor at a bed, or on the patient of one place of a stay, from one instant to another.

    A use names the place (`EncounterLocation`), not the stay: whoever moves or leaves has another place, or none, and the
    monitor measures them no longer. At a bed it measures whoever lies there, each in their own time.
    """

    class End(models.TextChoices):
        BY_HAND = "by-hand", pgettext_lazy("monitor", "Taken off")
        ELSEWHERE = "elsewhere", pgettext_lazy("monitor", "Put elsewhere")
        MOVED = "moved", pgettext_lazy("monitor", "The patient moved")
        LEFT = "left", pgettext_lazy("monitor", "The patient left")
        RETIRED = "retired", pgettext_lazy("monitor", "No longer in use")

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="uses")
    bed = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    place = models.ForeignKey(
        EncounterLocation, on_delete=models.PROTECT, null=True, blank=True, related_name="monitor_uses"
    )
    # Made on the device: sent twice is done once.
    key = models.UUIDField()
    starts_at = models.DateTimeField(default=now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    end = models.CharField(max_length=10, choices=End, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_monitor_use_per_key"),
            models.CheckConstraint(
                condition=Q(bed__isnull=True, place__isnull=False) | Q(bed__isnull=False, place__isnull=True),
                name="a_monitor_is_at_a_bed_or_on_a_patient",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None, end="") | (Q(ends_at__gte=F("starts_at")) & ~Q(end="")),
                name="a_monitor_use_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="one_use_of_a_monitor_at_a_time",
                expressions=[
                    ("monitor", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["place"], condition=Q(ends_at=None), name="monitor_use_running"),
            models.Index(fields=["bed"], condition=Q(ends_at=None), name="monitor_use_at_bed"),
        ]
        triggers = [
            RowHistory(),
            SameFacility("monitor_id", "monitors_monitor"),
            SameFacility("bed_id", "accounts_location"),
            SameFacility("place_id", "visits_encounterlocation"),
        ]

    def __str__(self) -> str:
        return f"{self.monitor_id} {self.starts_at:%Y-%m-%d %H:%M}"


class MonitorReading(FacilityRecord):
    """One value that a monitor sent, as nobody has confirmed it: it is on no chart, in no score, on no paper.

    What nobody confirmed is removed after `monitor_kept_days` (`services.forget_readings`); the database lets go of nothing
    younger than `FORGOTTEN_AFTER_DAYS`, and of nothing that was taken over into the chart.

    Thinned: the first one of each sign in a slot of time (`slot`). Whether it is the patient's is asked at each look
    (`selectors.held`), since a move may be entered later than it happened.
    """

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="+", db_index=False)
    use = models.ForeignKey(MonitorUse, on_delete=models.PROTECT, related_name="readings", db_index=False)
    place = models.ForeignKey(EncounterLocation, on_delete=models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(
        "registry.Patient", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, related_name="monitor_readings", db_index=False
    )
    code = models.CharField(max_length=20, help_text="LOINC")
    value = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20, help_text="UCUM")
    sent_code = models.CharField(max_length=60, help_text="OBX-3 as sent")
    observed_at = models.DateTimeField(help_text="OBX-14, else OBR-7, by the monitor's clock")
    slot = models.DateTimeField()
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+", db_index=False)

    application_grants = "SELECT, INSERT, DELETE"  # what of it may go, the triggers say

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["monitor", "place", "code", "slot"], name="one_reading_per_slot")
        ]
        indexes = [
            models.Index(fields=["encounter", "code", "-observed_at"], name="monitor_reading_newest"),
            models.Index(fields=["monitor", "-observed_at"], name="monitor_reading_last"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="forgotten_late",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=(
                    f"IF OLD.observed_at > now() - interval '{FORGOTTEN_AFTER_DAYS} days' THEN "
                    "RAISE EXCEPTION 'a reading is kept longer' USING ERRCODE = 'check_violation'; END IF; "
                    "RETURN OLD;"
                ),
            ),
            SameFacility("monitor_id", "monitors_monitor"),
            SameFacility("use_id", "monitors_monitoruse"),
            SameFacility("place_id", "visits_encounterlocation"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("message_id", "transport_message"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value}"


class ConfirmedReading(FacilityRecord):
    """A value that a nurse confirmed, and the measurement that it became: from which monitor, by which message."""

    reading = models.OneToOneField(MonitorReading, on_delete=models.PROTECT, related_name="confirmation")
    observation = models.OneToOneField(
        "results.Observation", on_delete=models.PROTECT, related_name="monitor_source"
    )
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        triggers = [
            AppendOnly(),
            SameFacility("reading_id", "monitors_monitorreading"),
            SameFacility("observation_id", "results_observation"),
        ]

    def __str__(self) -> str:
        return f"{self.reading_id} {self.observation_id}"


class DiscardedReadings(FacilityRecord):
    """How many messages of a monitor were used for nobody, by why: whoever sends every ten seconds fills no desk."""

    class Reason(models.TextChoices):
        UNKNOWN = "unknown", _("The monitor isn't registered")
        TWO = "two", _("The message names two monitors")
        FREE = "free", _("The monitor is on nobody")
        NOBODY = "nobody", _("Nobody lies in the monitor's bed")
        SEVERAL = "several", _("Several patients lie in the monitor's bed")
        ANOTHER = "another", _("The monitor names another patient")
        MOVING = "moving", _("Measured before the present patient was on the monitor")
        CLOCK = "clock", _("The monitor's clock is wrong, or the message came late")
        NOTHING = "nothing", _("No vital sign that can be read")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=LONGEST_IDENTIFIER)
    reason = models.CharField(max_length=10, choices=Reason)
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "identifier", "reason"], name="one_count_per_monitor_and_reason"
            )
        ]
        indexes = [models.Index(fields=["facility", "-last_at"], name="discarded_readings_newest")]
        triggers = [SameFacility("channel_id", "transport_channel")]

    def __str__(self) -> str:
        return f"{self.identifier}: {self.reason} {self.count}"
