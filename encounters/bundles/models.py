"""A record as one sealed file, and extracts of it that are handed out."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import local_today, now
from emr.common.triggers import RowHistory, SameFacility
from encounters.documents.models import FrozenPrint, make_verify_code, print_triggers


class RecordExtract(FacilityRecord):
    """Parts of a record for somebody: asked for by one person, approved by another, taken within its term (R-28 to R-32)."""

    class Receiver(models.TextChoices):
        PATIENT = "patient", _("The patient")
        REPRESENTATIVE = "representative", _("Their representative")
        COURT = "court", _("Court, procuracy, investigators")
        INSURER = "insurer", _("Insurance")
        AUTHORITY = "authority", _("Health authority, inspectors")
        FACILITY = "facility", _("Another facility")
        OTHER = "other", _("Somebody else")

    class Status(models.TextChoices):
        ASKED = "asked", _("To be approved")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="extracts")
    key = models.UUIDField(help_text="the form that was sent: twice sent is once asked")
    receiver_kind = models.CharField(max_length=14, choices=Receiver)
    receiver = models.CharField(max_length=200, help_text="name, organisation")
    purpose = models.CharField(max_length=300)
    reference = models.CharField(max_length=100, blank=True, default="", help_text="number of the letter")
    parts = models.JSONField(
        help_text="public ids of the chosen documents and files, in the order of the record"
    )
    expires_on = models.DateField(help_text="the last day on which it may be taken")
    status = models.CharField(max_length=9, choices=Status, default=Status.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True, default="")
    verify_code = models.CharField(max_length=16, unique=True, default=make_verify_code)

    class Meta:
        indexes = [models.Index(fields=["facility", "status", "-asked_at"], name="extract_desk")]
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "key"], name="one_record_extract_per_form"),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="an_extract_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(decision_reason=""), name="a_refused_extract_says_why"
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.verify_code}"

    @property
    def is_over(self) -> bool:
        """Its term has ended: it is handed out no more."""
        return local_today() > self.expires_on


class Bundle(FrozenPrint):
    """A record as one file, or an approved extract of it; `content` is all that the file says, see `contents.py`.

    The same content is one bundle. The log's heads are what stood when it was first asked for.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="bundles")
    extract = models.OneToOneField(
        RecordExtract, on_delete=models.PROTECT, null=True, blank=True, related_name="bundle"
    )
    archive_number = models.CharField(max_length=20, blank=True, default="")
    log_heads = models.JSONField(default=list, help_text="[shard, sequence, hash] of the audit log's chains")
    manifest_sha256 = models.CharField(max_length=64, blank=True, default="")
    seal_level = models.CharField(
        max_length=4, blank=True, default="", help_text="B-B, or B-T when timestamped"
    )
    made_at = models.DateTimeField(null=True, blank=True)
    waits_for_seal = models.BooleanField(default=False, help_text="the facility's seal can't be used now")

    class Meta:
        indexes = [models.Index(fields=["encounter", "-id"], name="bundle_newest")]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "digest"], name="one_bundle_of_the_same_record"),
            models.CheckConstraint(
                condition=Q(status="ready", attachment__isnull=False, made_at__isnull=False)
                & ~Q(manifest_sha256="")
                & ~Q(seal_level="")
                | (~Q(status="ready") & Q(attachment__isnull=True)),
                name="a_ready_bundle_is_sealed",
            ),
        ]
        triggers = [
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            *print_triggers("patient", "encounter", "extract", "archive_number", "log_heads"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.digest[:8]} {self.status}"
