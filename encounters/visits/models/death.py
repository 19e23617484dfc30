"""A death in the words of the certificate (R-66)."""

import datetime as dt

from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord, User
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.visits import codes
from encounters.visits.models.encounter import Encounter


class Death(FacilityRecord):
    """When, of what kind of cause, autopsy or not; voided together with the discharge that told it."""

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="deaths")
    died_at = models.DateTimeField()
    cause_kind = models.CharField(max_length=1, choices=codes.DeathCauseKind, blank=True, default="")
    autopsy = models.BooleanField(null=True, help_text="khám nghiệm tử thi")
    entered_at = models.DateTimeField(default=now)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter"], condition=Q(voided_at=None), name="one_death_per_encounter"
            )
        ]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.died_at:%Y-%m-%d %H:%M}"

    @property
    def timing(self) -> str:
        """ "1" within 24 hours of admission, "2" later (catalogue death-timing)."""
        return "1" if self.died_at - self.encounter.begins_at <= dt.timedelta(hours=24) else "2"


class CauseOfDeath(FacilityRecord):
    """One line of the chain Ia to Id, or one contributing cause (II), with ICD-10 and the interval to death."""

    death = models.ForeignKey(Death, on_delete=models.PROTECT, related_name="causes")
    line = models.CharField(max_length=2, choices=codes.CauseLine)
    rank = models.PositiveSmallIntegerField(default=1)
    code = models.CharField(max_length=8, blank=True, default="")
    text = models.CharField(max_length=300)
    interval = models.PositiveSmallIntegerField(null=True)
    interval_unit = models.CharField(max_length=6, choices=codes.IntervalUnit, blank=True, default="")

    append_only = True

    class Meta:
        ordering = ["line", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["death", "line", "rank"], name="one_cause_per_line_of_a_death")
        ]
        triggers = [AppendOnly(), SameFacility("death_id", "visits_death")]

    def __str__(self) -> str:
        return f"{self.line} {self.code} {self.text}"
