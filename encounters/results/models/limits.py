"""From where on a value has to be told at once, by sex and age. Data with dates of validity."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from encounters.orders.models import DatedRow


class CriticalLimit(DatedRow):
    """Below `low` and above `high` a value of `test` is critical for who is of this sex and age when it was collected.

    `test` is a LOINC code or an index code of QĐ 1227/QĐ-BYT, `code` the row's own. Ages are whole days or whole years,
    `to_age` excluded; null is open. Without `low` and `high` nothing is critical for them.
    """

    class AgeUnit(models.TextChoices):
        DAY = "day", _("Days")
        YEAR = "year", _("Years")

    test = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    ucum = models.CharField(max_length=40, blank=True, default="")
    sex = models.CharField(
        max_length=6, blank=True, default="", choices=[("male", _("Male")), ("female", _("Female"))]
    )
    from_age = models.PositiveIntegerField(default=0)
    to_age = models.PositiveIntegerField(null=True, blank=True)
    age_unit = models.CharField(max_length=4, choices=AgeUnit, default=AgeUnit.DAY)
    low = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        constraints = [
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(low__lte=F("high")),
                name="a_critical_limit_has_a_low_end",
            ),
            models.CheckConstraint(
                condition=Q(to_age=None) | Q(to_age__gt=F("from_age")), name="a_critical_limit_has_an_age_end"
            ),
        ]
        indexes = [models.Index(fields=["facility", "test"], name="critical_limits_of_test")]

    def __str__(self) -> str:
        return f"{self.test} {self.title}"
