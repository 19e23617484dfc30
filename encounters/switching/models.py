"""How each department keeps its records from which day on, and the hospital's own rules for electronic records (R-09)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, SameFacility


class WardMode(FacilityRecord):
    """A decision: from this day on the department keeps records this way. Insert-only.

    On a day the decision with the latest `begins_on` that isn't after it holds, of two the one made later. A department
    without any keeps them electronically.
    """

    class Mode(models.TextChoices):
        PAPER = "paper", pgettext_lazy("ward mode", "Paper")
        BOTH = "both", pgettext_lazy("ward mode", "Paper and electronic")
        ELECTRONIC = "electronic", pgettext_lazy("ward mode", "Electronic")

    department = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(help_text="1 is the department's first")
    mode = models.CharField(max_length=10, choices=Mode)
    begins_on = models.DateField()
    decision_number = models.CharField(max_length=60, help_text="of the paper that decides it")
    decided_by = models.CharField(max_length=120, help_text="who signed it")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        ordering: ClassVar[list[str]] = ["department", "-number"]
        indexes = [models.Index(fields=["department", "-begins_on", "-number"], name="ward_mode_in_force")]
        constraints = [
            models.UniqueConstraint(fields=["department", "number"], name="one_mode_per_number_of_a_ward"),
            models.CheckConstraint(
                condition=~Q(decision_number="") & ~Q(decided_by=""), name="a_ward_mode_says_who_decided"
            ),
        ]
        triggers = [AppendOnly(), SameFacility("set_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.department_id}/{self.number} {self.mode}"


class Regulation(FacilityRecord):
    """The hospital's rules for electronic records as they were signed: number, day, who signed, the paper. Insert-only."""

    version = models.PositiveSmallIntegerField(help_text="1 is the facility's first")
    number = models.CharField(max_length=60)
    issued_on = models.DateField()
    begins_on = models.DateField(help_text="in force from")
    signer = models.CharField(max_length=120)
    summary = models.CharField(max_length=500, blank=True, default="")
    file = models.ForeignKey("storage.Attachment", on_delete=models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "version"], name="one_regulation_per_version"),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(signer=""), name="a_regulation_says_number_and_signer"
            ),
            models.CheckConstraint(
                condition=Q(begins_on__gte=models.F("issued_on")), name="a_regulation_begins_when_issued"
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("file_id", "storage_attachment"),
            SameFacility("entered_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.version})"


class RegulationReading(FacilityRecord):
    """A member of staff says that they have read a version of the rules. Insert-only."""

    regulation = models.ForeignKey(Regulation, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["regulation", "reader"], name="a_regulation_is_read_once"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("regulation_id", "switching_regulation"),
            SameFacility("reader_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.regulation_id} {self.reader_id}"
