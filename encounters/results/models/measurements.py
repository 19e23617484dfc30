"""What was measured and found. Insert-only: a correction is a new row that names the one it replaces."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class Observation(FacilityRecord):
    """One measured value (FHIR Observation). `created_at` is when it was entered, `effective_at` when it was so (R-21)."""

    class Status(models.TextChoices):
        FINAL = "final"
        CORRECTED = "corrected"
        ENTERED_IN_ERROR = "entered-in-error"

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="observations")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="observations")
    code = models.CharField(max_length=20, help_text="LOINC")
    value = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20, help_text="UCUM")
    status = models.CharField(max_length=16, choices=Status, default=Status.FINAL)
    effective_at = models.DateTimeField()
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")
    late_reason = models.CharField(max_length=200, blank=True, default="")
    # Made on the device: the same measurement sent twice is stored once.
    batch = models.UUIDField(default=uuid.uuid4)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["encounter", "code", "effective_at"], name="observation_course")]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "batch", "code"],
                condition=Q(replaces=None),
                name="one_value_per_measurement",
            ),
            models.CheckConstraint(
                condition=Q(status="final", replaces=None) | (~Q(status="final") & Q(replaces__isnull=False)),
                name="a_correction_names_what_it_replaces",
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value}"
