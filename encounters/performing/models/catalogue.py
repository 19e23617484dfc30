"""What is entered for a test, and in which limits it is usual; phrases of reports. Data with dates of validity."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from encounters.orders.models import DatedRow


class AnalyteRange(DatedRow):
    """One measured thing of a service, in the limits of one sex and age; rows of one `analyte` differ in these alone.

    `code` is the row's own. Ages are in whole days, `to_days` excluded, null is open. `choices`: allowed words, divided by
    "|", those that are abnormal end in "*"; of a growth the words for when nothing grew. `delta_percent`: a change since the
    last value that is asked about.
    """

    class Kind(models.TextChoices):
        NUMBER = "number", _("Number")
        CHOICE = "choice", _("Choice")
        TEXT = "text", _("Words")
        GROWTH = "growth", _("What grew: isolates with their antibiogram")

    service = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField(default=1)
    analyte = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.NUMBER)
    loinc = models.CharField(max_length=20, blank=True, default="")
    national_code = models.CharField(max_length=20, blank=True, default="", help_text="QĐ 1227/QĐ-BYT")
    unit = models.CharField(max_length=40, blank=True, default="")
    ucum = models.CharField(max_length=40, blank=True, default="")
    choices = models.CharField(max_length=300, blank=True, default="")
    sex = models.CharField(max_length=6, blank=True, default="", help_text="male, female or empty")
    from_days = models.PositiveIntegerField(default=0)
    to_days = models.PositiveIntegerField(null=True, blank=True)
    low = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    delta_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        constraints = [
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(low__lte=F("high")), name="a_range_has_a_low_end"
            ),
            models.CheckConstraint(
                condition=Q(to_days=None) | Q(to_days__gt=F("from_days")), name="an_age_range_has_an_end"
            ),
        ]
        indexes = [models.Index(fields=["facility", "service"], name="analytes_of_service")]

    def __str__(self) -> str:
        return f"{self.service} {self.title}"


class ReportPhrase(DatedRow):
    """Words that a report of imaging is begun with; for one service, or for every one where `service` is empty."""

    service = models.CharField(max_length=20, blank=True, default="")
    title = models.CharField(max_length=120)
    narrative = models.TextField(blank=True, default="")
    conclusion = models.TextField(blank=True, default="")

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return self.title
