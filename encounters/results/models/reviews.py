"""Who has to see a result, and who has."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.results.models.reports import DiagnosticReport
from encounters.visits.models.encounter import DepartmentOfFacility


class ReportReview(FacilityRecord):
    """A released report that a doctor has to acknowledge (FHIR Task): open until one does, or a newer version comes."""

    class Urgency(models.IntegerChoices):
        CRITICAL = 0, _("Critical")
        ABNORMAL = 1, _("Abnormal")
        NORMAL = 2, _("Normal")

    class Outcome(models.TextChoices):
        OPEN = "", pgettext_lazy("review", "Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        SUPERSEDED = "superseded", _("Replaced by a newer version")

    report = models.OneToOneField(DiagnosticReport, on_delete=models.PROTECT, related_name="review")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, null=True, related_name="+")
    # Of a result without a stay: who is asked instead of the stay's department.
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    # It replaces a version that was released before.
    is_correction = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True, help_text="of critical ones: when the next are told")
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.OPEN, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", closed_at=None) | (~Q(outcome="") & Q(closed_at__isnull=False)),
                name="closed_reviews_say_when",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="acknowledged") | Q(closed_by__isnull=False),
                name="an_acknowledgement_is_somebodys",
            ),
        ]
        indexes = [
            # The inbox's question: few rows, whatever the years have brought.
            models.Index(
                fields=["facility", "urgency", "-opened_at"], name="review_open", condition=Q(outcome="")
            ),
            models.Index(fields=["encounter"], name="review_open_stay", condition=Q(outcome="")),
            models.Index(fields=["requester"], name="review_open_mine", condition=Q(outcome="")),
        ]
        triggers = [
            RowHistory(),
            SameFacility("report_id", "results_diagnosticreport"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            DepartmentOfFacility(),
            SameFacility("requester_id", "accounts_user"),
            SameFacility("closed_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.urgency}"


class ReportReading(FacilityRecord):
    """Somebody has seen, or acknowledged, this version: whom to tell when it turns out to be wrong."""

    class Kind(models.TextChoices):
        SEEN = "seen", pgettext_lazy("review", "Seen")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")

    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    read_at = models.DateTimeField(default=now)
    note = models.CharField(max_length=300, blank=True, default="", help_text="what was done about it")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "reader", "kind"], name="one_reading_per_person"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("report_id", "results_diagnosticreport"),
            SameFacility("reader_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind}"
