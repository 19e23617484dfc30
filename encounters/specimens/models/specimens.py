"""A tube: what is drawn from whom, when, by whom, and what the laboratory said of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility
from encounters.specimens.tubes import TUBES


class Specimen(FacilityRecord):
    """One tube or vessel of a stay (FHIR Specimen). Its label is its accession number.

    FHIR knows a specimen once it exists; "planned" is a label whose tube is still empty. "unsatisfactory" is the
    laboratory's word, "unavailable" the ward's: broken, clotted, asked for again.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("specimen", "to be collected")
        AVAILABLE = "available", pgettext_lazy("specimen", "collected")
        UNSATISFACTORY = "unsatisfactory", pgettext_lazy("specimen", "rejected by the laboratory")
        UNAVAILABLE = "unavailable", pgettext_lazy("specimen", "to be taken again")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("specimen", "entered in error")

    class How(models.TextChoices):
        SCAN = "scan", _("Wristband and label scanned")
        HAND = "hand", _("Without a scan")
        TOLD = "told", _("Told by another system")

    class Reason(models.TextChoices):
        """Why a tube is of no use; codes of HL7 v2 table 0490 where it has one."""

        HAEMOLYSED = "RH", _("Haemolysed")
        CLOTTED = "RC", _("Clotted")
        QUANTITY = "QS", _("Quantity insufficient")
        LABEL = "RI", _("Label missing or doesn't fit the patient")
        TUBE = "WT", _("Wrong tube")
        LATE = "EX", _("Came too late")
        BROKEN = "RB", _("Container broken or leaking")
        CONTAMINATED = "CO", _("Contaminated")
        LOST = "LO", _("Lost")
        OTHER = "OT", _("Other reason")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="specimens")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="specimens")
    # Ours (FHIR accessionIdentifier, SPM-2.1); the laboratory's own number is with its report.
    accession_number = models.CharField(max_length=16)
    tube = models.CharField(max_length=12, choices=[(tube.code, tube.title) for tube in TUBES.values()])
    kind = models.CharField(max_length=20, blank=True, default="", help_text="code of system specimen-type")
    # When it is wanted, where the order names an hour; empty: as soon as somebody comes round.
    due_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.PLANNED)
    collected_at = models.DateTimeField(null=True, blank=True)
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    collected_how = models.CharField(max_length=4, choices=How, blank=True, default="")
    # Of a tube collected without a scan: why.
    hand_reason = models.CharField(max_length=200, blank=True, default="")
    collected_as = models.CharField(max_length=40, blank=True, default="", help_text="system that told it")
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=2, choices=Reason, blank=True, default="")
    reason_text = models.CharField(max_length=200, blank=True, default="")
    status_changed_at = models.DateTimeField(null=True, blank=True)
    status_changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    label_count = models.PositiveSmallIntegerField(default=0, help_text="how often its label was printed")
    requests = models.ManyToManyField(
        "orders.ServiceRequest", through="SpecimenRequest", related_name="specimens"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "accession_number"], name="one_specimen_per_number"),
            models.CheckConstraint(condition=~Q(accession_number=""), name="a_specimen_has_a_number"),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="a_specimen_replaces_another"),
            models.CheckConstraint(
                condition=~Q(status="available") | Q(collected_at__isnull=False),
                name="a_collected_specimen_says_when",
            ),
            models.CheckConstraint(
                condition=Q(collected_at=None, collected_how="")
                | Q(collected_at__isnull=False, collected_how="told") & ~Q(collected_as="")
                | Q(collected_at__isnull=False, collector__isnull=False, collected_how__in=["scan", "hand"]),
                name="a_collected_specimen_says_who",
            ),
            models.CheckConstraint(
                condition=~Q(collected_how="hand") | ~Q(hand_reason=""), name="without_a_scan_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["unsatisfactory", "unavailable"]) | ~Q(reason=""),
                name="a_useless_specimen_says_why",
            ),
        ]
        indexes = [models.Index(fields=["encounter", "status"], name="specimen_of_stay")]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("replaces_id", "specimens_specimen"),
        ]

    def __str__(self) -> str:
        return self.accession_number

    @property
    def why(self) -> str:
        """Why it is of no use, in words: the reason and what was said beside it."""
        words = [str(self.get_reason_display()) if self.reason else "", self.reason_text]
        if self.reason == self.Reason.OTHER and self.reason_text:
            words = words[1:]
        return " · ".join(word for word in words if word)


class SpecimenRequest(FacilityRecord):
    """A test that a tube is for; one at a time: `is_current` falls when the tube is of no use or the test is stopped."""

    specimen = models.ForeignKey(Specimen, on_delete=models.PROTECT, related_name="tests")
    request = models.ForeignKey(
        "orders.ServiceRequest", on_delete=models.PROTECT, related_name="specimen_rows"
    )
    is_current = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["specimen", "request"], name="a_test_once_a_specimen"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(is_current=True), name="one_current_specimen_per_request"
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("specimen_id", "specimens_specimen"),
            SameFacility("request_id", "orders_servicerequest"),
        ]

    def __str__(self) -> str:
        return f"{self.specimen_id}/{self.request_id}"
