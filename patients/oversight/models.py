"""Look-ups that somebody should ask about."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility
from patients.registry.models import Patient


class LookupFinding(FacilityRecord):
    """Something in the log that a person should look at, with what they made of it. Found by the clock, judged by hand."""

    class Kind(models.TextChoices):
        MASS = "mass"  # many charts in an hour
        NEVER_TREATED = "never-treated"  # a chart without care by that person's departments
        OFF_DUTY = "off-duty"  # at night, by somebody whose roles don't work then
        OWN_CHART = "own-chart"
        COLLEAGUE = "colleague"

    class Verdict(models.TextChoices):
        SEEN = "seen"  # nothing to it
        FOLLOW_UP = "follow-up"  # the person is asked

    key = models.CharField(
        max_length=80, help_text="kind, person, patient, time: found again, it is the same row"
    )
    kind = models.CharField(max_length=16, choices=Kind)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    chart_count = models.PositiveIntegerField()
    look_count = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_look_count = models.PositiveIntegerField(default=0, help_text="more looks since: open again")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_finding_per_key"),
            models.CheckConstraint(
                condition=Q(verdict="", judged_by=None) | (~Q(verdict="") & Q(judged_by__isnull=False)),
                name="verdicts_have_a_judge",
            ),
            models.CheckConstraint(
                condition=~Q(judged_by=F("agent")), name="nobody_judges_their_own_look_ups"
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "-last_at", "-id"], name="findings_newest_first"),
        ]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.key

    @property
    def is_open(self) -> bool:
        """Whether nobody has judged it, or more looks came since."""
        return not self.verdict or self.look_count > self.judged_look_count


class LookupProgress(FacilityRecord):
    """How far the log of a facility has been looked through."""

    looked_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility"], name="one_progress_per_facility")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.looked_until}"
