"""Care sheets: a column for each time at the bed, and the documents that columns were signed on."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, Organization
from emr.common.triggers import AppendOnly, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class CareColumn(FacilityRecord):
    """One nurse's time with a patient: what was seen, the care problems, what was done, how it went. Insert-only.

    `items`: {field of `care_form`: words}; `copied` names those that stand as in `copied_from`, untouched. Vital signs,
    fluids and medicines are no part of it: they are read from their own rows. `happened_at` is the time at the bed,
    `created_at` when it arrived (R-21).
    """

    class Level(models.TextChoices):
        ONE = "1", _("Level 1")
        TWO = "2", _("Level 2")
        THREE = "3", _("Level 3")

    class Status(models.TextChoices):
        FINAL = "final", _("Holds")
        ENTERED_IN_ERROR = "entered-in-error", _("Taken back")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="care_columns")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=1, choices=Level)
    status = models.CharField(max_length=16, choices=Status, default=Status.FINAL)
    happened_at = models.DateTimeField()
    items = models.JSONField(default=dict)
    copied = models.JSONField(default=list)
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    late_reason = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="", help_text="why it was corrected")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["encounter", "happened_at"], name="care_course")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_care_column_per_key"),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(reason=""), name="a_care_correction_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status="final") | Q(replaces__isnull=False),
                name="a_taken_back_column_was_there",
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="a_care_column_replaces_another"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("copied_from_id", "bedside_carecolumn"),
            SameFacility("replaces_id", "bedside_carecolumn"),
            DepartmentOfFacility(),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.happened_at:%Y-%m-%d %H:%M}"


class CareSheet(FacilityRecord):
    """Which document holds the columns of a nurse, a stay and a shift. Later facts amend it."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Another one where the document of the one before was taken back.
    number = models.PositiveSmallIntegerField(default=1)
    shift_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "code", "nurse", "starts_at", "number"],
                name="one_care_sheet_per_nurse_and_shift",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_care_sheet_is_of_some_time"
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("document_id", "documents_document"),
            SameFacility("nurse_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.document_id}"
