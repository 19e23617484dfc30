"""The head nurse's check of a chart before it is handed in: that it was made, and what a nurse was asked to put right."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class ChartCheck(FacilityRecord):
    """The nurses' part of a chart was gone through, and may be handed in. Insert-only; the newest counts.

    `findings`: what was open then, in words, and accepted with a `note`.
    """

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="chart_checks")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    findings = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True, default="")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(default=now)
    key = models.UUIDField(default=uuid.uuid4)

    append_only = True

    class Meta:
        ordering = ["-checked_at", "-pk"]
        indexes = [models.Index(fields=["encounter", "-id"], name="chart_check_newest")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_chart_check_per_key"),
            models.CheckConstraint(
                condition=Q(findings=[]) | ~Q(note=""), name="what_is_left_open_has_a_reason"
            ),
        ]
        triggers = [AppendOnly(), SameFacility("encounter_id", "visits_encounter"), DepartmentOfFacility()]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.checked_at:%Y-%m-%d %H:%M}"


class ChartRemark(FacilityRecord):
    """What the head nurse asks a nurse to put right in a chart, until that nurse (or she herself) says that it is done."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="chart_remarks")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    key = models.UUIDField(default=uuid.uuid4)
    answer = models.CharField(max_length=300, blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["made_at", "pk"]
        indexes = [
            models.Index(fields=["encounter"], condition=Q(done_at=None), name="chart_remarks_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_chart_remark_per_key"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="a_remark_is_done_by_somebody",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("nurse_id", "accounts_user"),
            DepartmentOfFacility(),
            pgtrigger.ReadOnly(
                name="a_remark_stays",
                fields=["facility", "encounter", "department", "nurse", "text", "made_by", "made_at", "key"],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.made_at:%Y-%m-%d %H:%M}"
