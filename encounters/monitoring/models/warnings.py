"""Scores as they were when the ward saw them, who answered, and by which scale somebody is scored. All insert-only."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from encounters.monitoring.models.tables import Level, Scale


class ScaleChoice(FacilityRecord):
    """A doctor's word on how a stay is scored: another scale than the age says, or SpO2 scale 2. The newest counts."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="scale_choices")
    scale = models.CharField(max_length=8, choices=Scale)
    # NEWS2: 2 for a target of 88–92 % in hypercapnic respiratory failure, on a doctor's decision alone.
    oxygen_scale = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["encounter", "-id"], name="scale_choice_newest")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_scale_choice_per_key"),
            models.CheckConstraint(
                condition=Q(oxygen_scale=1) | Q(oxygen_scale=2, scale="NEWS2"),
                name="oxygen_scale_2_is_of_news2",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_scale_choice_has_a_reason"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.scale}"


class EarlyWarning(FacilityRecord):
    """The score of one round (`batch` of its observations), with all it was computed from; a correction is a new row.

    `parts`: [{"sign", "value", "points"}]. Without `score` a correction left the round incomplete: nothing is said any more.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="early_warnings")
    batch = models.UUIDField()
    scale = models.CharField(max_length=8, choices=Scale)
    oxygen_scale = models.PositiveSmallIntegerField(default=1)
    score = models.PositiveSmallIntegerField(null=True)
    level = models.CharField(max_length=6, choices=Level, blank=True, default="")
    parts = models.JSONField(default=list)
    # As the table in force said: what to do, who, until when, and when the next round is due.
    words = models.CharField(max_length=300, blank=True, default="")
    role = models.CharField(max_length=24, blank=True, default="")
    measured_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["encounter", "-measured_at"], name="early_warning_course")]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "batch"], condition=Q(replaces=None), name="one_score_per_round"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=False) | Q(level="", replaces__isnull=False),
                name="without_a_score_no_level",
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("replaces_id", "monitoring_earlywarning"),
        ]

    def __str__(self) -> str:
        return f"{self.scale} {self.score}"


class WarningResponse(FacilityRecord):
    """Somebody came and says what is done: it answers the score, and equal or lower ones until `covers_until`."""

    warning = models.OneToOneField(EarlyWarning, on_delete=models.PROTECT, related_name="response")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()
    covers_until = models.DateTimeField()
    text = models.CharField(max_length=300)
    # Made with the form: the same answer sent twice is one.
    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_warning_response_per_key"),
            models.CheckConstraint(condition=~Q(text=""), name="a_response_says_what_is_done"),
            models.CheckConstraint(
                condition=Q(covers_until__gte=models.F("answered_at")), name="a_response_covers_a_time"
            ),
        ]
        triggers = [AppendOnly(), SameFacility("warning_id", "monitoring_earlywarning")]

    def __str__(self) -> str:
        return f"{self.warning_id} {self.text}"
