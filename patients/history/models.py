"""What a patient brings along: allergies, lasting problems, things implanted. A correction is a new row."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from patients.registry.models import Patient


class HistoryRecord(FacilityRecord):
    """A statement about a patient with who said it and when; `replaces` names the row that it corrects.

    The statement itself is never rewritten; only its status ends.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="%(class)ss")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=now)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    note = models.CharField(max_length=400, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="when the status ended the statement")
    ended_reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        abstract = True


class AllergyIntolerance(HistoryRecord):
    """An allergy, or the recorded fact that none is known (FHIR AllergyIntolerance).

    With a `source` another system states it: unverified (FHIR verificationStatus) until a clinician confirms it.
    """

    class Category(models.TextChoices):
        MEDICATION = "medication", _("Medicine")
        FOOD = "food", _("Food")
        ENVIRONMENT = "environment", _("Environment")
        BIOLOGIC = "biologic", _("Blood, vaccine, serum")

    class Criticality(models.TextChoices):
        HIGH = "high", _("High: may threaten life")
        LOW = "low", _("Low")
        UNKNOWN = "unable-to-assess", _("Can't be assessed")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        RESOLVED = "resolved", _("Resolved")
        REFUTED = "refuted", _("Refuted")
        ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")

    is_none_known = models.BooleanField(default=False, help_text="asked, and none is known")
    substance = models.CharField(max_length=200, blank=True, default="")
    substance_code = models.CharField(
        max_length=40, blank=True, default="", help_text="code of system medicine"
    )
    category = models.CharField(max_length=12, choices=Category, blank=True, default="")
    criticality = models.CharField(max_length=16, choices=Criticality, default=Criticality.UNKNOWN)
    reaction = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    source = models.CharField(
        max_length=60, blank=True, default="", help_text="the system that states it; empty: a person here"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    is_withdrawn = models.BooleanField(
        default=False, help_text="ended because its source doesn't state it any more, not by a person here"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_none_known=True, substance="") | (Q(is_none_known=False) & ~Q(substance="")),
                name="an_allergy_names_its_substance",
            ),
            # What a person here states needs nobody's confirmation.
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(source="")),
                name="what_was_told_is_confirmed_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(is_none_known=True, status="active"),
                name="none_known_stated_once",
            ),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="allergies_of_patient")]
        ordering: ClassVar[list[str]] = ["-criticality", "substance", "pk"]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("confirmed_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return self.substance or "–"

    @property
    def is_unconfirmed(self) -> bool:
        """Whether another system states it and no clinician here has confirmed it."""
        return bool(self.source) and self.confirmed_at is None


class Condition(HistoryRecord):
    """A lasting problem on the patient's list (FHIR Condition, category problem-list-item)."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        REMISSION = "remission", _("In remission")
        RESOLVED = "resolved", _("Resolved")
        ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")

    code = models.CharField(max_length=10, blank=True, default="", help_text="ICD-10")
    text = models.CharField(max_length=300)
    onset_year = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "code"],
                condition=Q(status="active") & ~Q(code=""),
                name="one_active_problem_per_code",
            )
        ]
        indexes = [
            models.Index(fields=["patient", "status"], name="problems_of_patient"),
            models.Index(OpClass("code", name="varchar_pattern_ops"), name="problems_by_code"),
        ]
        ordering: ClassVar[list[str]] = ["-recorded_at", "pk"]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.text


class Device(HistoryRecord):
    """Something implanted or carried that others must know of: pacemaker, stent, joint (FHIR Device)."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("In place")
        INACTIVE = "inactive", _("Removed")
        ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")

    kind = models.CharField(max_length=200)
    site = models.CharField(max_length=120, blank=True, default="")
    manufacturer = models.CharField(max_length=120, blank=True, default="")
    serial_number = models.CharField(max_length=80, blank=True, default="")
    implanted_year = models.PositiveSmallIntegerField(null=True, blank=True)
    is_mri_unsafe = models.BooleanField(default=False, help_text="no magnetic resonance imaging")
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)

    class Meta:
        indexes = [models.Index(fields=["patient", "status"], name="devices_of_patient")]
        ordering: ClassVar[list[str]] = ["-recorded_at", "pk"]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.kind
