"""Reports of laboratory, imaging and other examinations. Insert-only: each version is a row that names what it replaces."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from emr.storage.models import Attachment

# What is older when it comes is history that somebody loads, nobody's new result.
NEWS = dt.timedelta(days=30)


class DiagnosticReport(FacilityRecord):
    """One version of a report as it was released (FHIR DiagnosticReport). What holds has `replaced_by` empty.

    The times are the specimen's (`collected_at`, `received_at`), the examination's (`performed_at`) and the release's
    (`issued_at`); `effective_at` is the one that the report tells of. Words of people and devices are as sent; `author`
    and `approved_by` are set where it was entered here.
    """

    class Status(models.TextChoices):
        REGISTERED = "registered", pgettext_lazy("report", "Registered")
        PARTIAL = "partial", pgettext_lazy("report", "Partial")
        PRELIMINARY = "preliminary", pgettext_lazy("report", "Preliminary")
        FINAL = "final", pgettext_lazy("report", "Final")
        AMENDED = "amended", pgettext_lazy("report", "Amended")
        CORRECTED = "corrected", pgettext_lazy("report", "Corrected")
        CANCELLED = "cancelled", pgettext_lazy("report", "Cancelled")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("report", "Taken back")

    class Category(models.TextChoices):
        LABORATORY = "laboratory", _("Laboratory")
        MICROBIOLOGY = "microbiology", _("Microbiology")
        PATHOLOGY = "pathology", _("Pathology")
        IMAGING = "imaging", _("X-ray, CT, MRI")
        ULTRASOUND = "ultrasound", _("Ultrasound")
        ENDOSCOPY = "endoscopy", _("Endoscopy")
        FUNCTIONAL = "functional", _("ECG and function tests")
        OTHER = "other", _("Other results")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="reports")
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="reports"
    )
    request = models.ForeignKey(
        "orders.ServiceRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="reports"
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    status = models.CharField(max_length=16, choices=Status)
    category = models.CharField(max_length=12, choices=Category)
    title = models.CharField(max_length=300)
    code = models.CharField(max_length=40, blank=True, default="", help_text="of the facility's catalogue")
    national_code = models.CharField(max_length=20, blank=True, default="", help_text="QĐ 1227/QĐ-BYT")
    loinc = models.CharField(max_length=20, blank=True, default="")
    # Which channel told it, or "person" for what was entered here; the producer's number; which version of it.
    source = models.CharField(max_length=80)
    filler_number = models.CharField(max_length=80)
    placer_number = models.CharField(max_length=80, blank=True, default="")
    version_key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content told")
    effective_at = models.DateTimeField()
    collected_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    performed_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField()
    specimen_number = models.CharField(max_length=80, blank=True, default="")
    specimen_type = models.CharField(max_length=40, blank=True, default="")
    specimen_text = models.CharField(max_length=200, blank=True, default="")
    method = models.CharField(max_length=200, blank=True, default="")
    device = models.CharField(max_length=200, blank=True, default="")
    laboratory = models.CharField(max_length=200, blank=True, default="", help_text="who performed it")
    quality_level = models.CharField(max_length=80, blank=True, default="", help_text="of the laboratory")
    performer = models.CharField(max_length=200, blank=True, default="")
    approver = models.CharField(max_length=200, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accession_number = models.CharField(max_length=80, blank=True, default="")
    study_instance_uid = models.CharField(max_length=64, blank=True, default="")
    narrative = models.TextField(blank=True, default="")
    conclusion = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    # Why it was taken back or is another person's.
    reason = models.CharField(max_length=300, blank=True, default="")
    is_abnormal = models.BooleanField(default=False)
    is_critical = models.BooleanField(default=False)

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "source", "filler_number", "version_key", "patient"],
                name="one_row_per_version_of_a_report",
            ),
            models.CheckConstraint(condition=~Q(filler_number=""), name="a_report_has_its_producers_number"),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="a_report_replaces_another"),
            models.CheckConstraint(
                condition=~Q(status="entered-in-error") | Q(replaces__isnull=False) & ~Q(reason=""),
                name="a_report_taken_back_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "source", "filler_number"], name="report_of_producer"),
            models.Index(fields=["patient", "-effective_at"], name="report_of_patient"),
            # Somebody holds the paper, or the tube: the producer's number whatever channel told it, ours, the specimen's.
            models.Index(OpClass("filler_number", name="varchar_pattern_ops"), name="report_filler"),
            models.Index(fields=["placer_number"], name="report_placer", condition=~Q(placer_number="")),
            models.Index(
                fields=["specimen_number"], name="report_specimen", condition=~Q(specimen_number="")
            ),
            models.Index(
                fields=["accession_number"], name="report_accession", condition=~Q(accession_number="")
            ),
            models.Index(fields=["encounter", "-effective_at"], name="report_of_stay"),
            # What people have entered and nobody has released yet, among all that ever was.
            models.Index(
                fields=["facility", "-issued_at"],
                name="report_entered_here",
                condition=Q(source="person", status__in=["registered", "partial", "preliminary"]),
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("request_id", "orders_servicerequest"),
            SameFacility("replaces_id", "results_diagnosticreport"),
            SameFacility("author_id", "accounts_user"),
            SameFacility("approved_by_id", "accounts_user"),
        ]

    @property
    def shown_number(self) -> str:
        """The producer's number as people know it; a neighbour's is kept with the test's code, one tube may have several."""
        return self.filler_number.split("|", 1)[0]

    def __str__(self) -> str:
        return self.title

    @property
    def came_after_discharge(self) -> bool:
        """Whether nobody could have read it before the patient left: it was released, or came to us, later.

        What was loaded long after its release is history that the ward had on paper.
        """
        stay = self.encounter
        if stay is None or stay.ended_at is None:
            return False
        is_news = self.created_at - self.issued_at < NEWS
        came_at = max(self.issued_at, self.created_at) if is_news else self.issued_at
        # People write minutes: what came within that of the discharge was there before it.
        return came_at.replace(second=0, microsecond=0) > stay.ended_at

    @property
    def is_provisional(self) -> bool:
        """Whether more is to come: nobody has released it as final."""
        return self.status in PROVISIONAL

    @property
    def is_void(self) -> bool:
        """Whether it tells nothing any more."""
        return self.status in VOID


PROVISIONAL = frozenset({"registered", "partial", "preliminary"})
RELEASED = frozenset({"final", "amended", "corrected"})
OF_THE_LABORATORY = frozenset({"laboratory", "microbiology", "pathology", "other"})
VOID = frozenset({"cancelled", "entered-in-error"})


class Finding(FacilityRecord):
    """One finding of a report: a number, words or a code (FHIR Observation of category laboratory, imaging …).

    Stands and falls with its version of the report. `series` is what the same test has in common over the years, whoever
    performed it: LOINC, else the national code, else the title; only what is in the same `unit` is drawn as one line.
    """

    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, related_name="findings")
    # As the report has it: the tables over the years are asked by person and time.
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="findings")
    effective_at = models.DateTimeField()
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveSmallIntegerField()
    series = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    code = models.CharField(max_length=40, blank=True, default="")
    national_code = models.CharField(max_length=20, blank=True, default="", help_text="QĐ 1227/QĐ-BYT")
    loinc = models.CharField(max_length=20, blank=True, default="")
    number = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    comparator = models.CharField(max_length=2, blank=True, default="")
    text = models.TextField(blank=True, default="")
    value_code = models.CharField(max_length=40, blank=True, default="")
    unit = models.CharField(max_length=40, blank=True, default="", help_text="as sent")
    ucum = models.CharField(max_length=40, blank=True, default="")
    low = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    reference = models.CharField(max_length=120, blank=True, default="", help_text="range as sent")
    flag = models.CharField(max_length=8, blank=True, default="", help_text="HL7 table 0078")
    is_computed = models.BooleanField(default=False, help_text="the flag is ours, not the sender's")
    is_abnormal = models.BooleanField(default=False)
    is_critical = models.BooleanField(default=False)
    status = models.CharField(max_length=16, default="final")
    absent = models.CharField(max_length=120, blank=True, default="")
    method = models.CharField(max_length=200, blank=True, default="")
    device = models.CharField(max_length=200, blank=True, default="")
    performed_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, default="")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "position"], name="one_finding_per_place"),
            models.CheckConstraint(
                condition=Q(comparator__in=["", "<", "<=", ">", ">="]), name="a_comparator_compares"
            ),
            models.CheckConstraint(
                condition=Q(comparator="") | Q(number__isnull=False), name="a_comparator_has_a_number"
            ),
        ]
        indexes = [models.Index(fields=["patient", "series", "-effective_at"], name="finding_course")]
        triggers = [
            AppendOnly(),
            SameFacility("report_id", "results_diagnosticreport"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("parent_id", "results_finding"),
        ]

    def __str__(self) -> str:
        return self.title


class ReportAttachment(FacilityRecord):
    """A file of a report, kept by the storage room."""

    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, related_name="attachments")
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "position"], name="one_file_per_place"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("report_id", "results_diagnosticreport"),
            SameFacility("attachment_id", "storage_attachment"),
        ]

    def __str__(self) -> str:
        return self.title
