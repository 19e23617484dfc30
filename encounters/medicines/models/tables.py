"""The facility's tables: at which hours medicines are given, and what is looked at before."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from emr.common.choices import BadValue
from emr.terminology.selectors import concept
from encounters.medicines.gs1 import is_gtin
from encounters.medicines.times import read_times
from encounters.orders.models import DatedRow


class GivingTimes(DatedRow):
    """The hours of a medicine that is given so many times a day; of one department, or of all (empty)."""

    department = models.CharField(max_length=20, blank=True, default="", help_text="its code")
    times_per_day = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(24)])
    times = models.CharField(max_length=200, help_text="local hours: 08:00 20:00")

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        try:
            found = read_times(self.times)
        except BadValue as error:
            raise ValidationError({"times": _("Hours are written 08:00 20:00.")}) from error
        if len(found) != self.times_per_day:
            raise ValidationError({"times": _("As many hours as times a day.")})


class MedicinePackage(DatedRow):
    """Whose package a GTIN is: `code` has 14 digits, `medicine` is a code of the facility's catalogue."""

    medicine = models.CharField(max_length=20)
    name = models.CharField(max_length=300, blank=True, default="")
    source = models.CharField(max_length=300)

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        if len(self.code) != 14 or not is_gtin(self.code):
            raise ValidationError(
                {"code": _("A GTIN has 14 digits with its check digit; put zeros in front of a shorter one.")}
            )
        if concept("medicine", self.medicine) is None:
            raise ValidationError({"medicine": _("No medicine of the catalogue has this code.")})


class GivingRule(DatedRow):
    """What is asked before a medicine is given: a second nurse, or a vital sign that is fresh and within its limits.

    `ingredient` is compared folded, the whole or its beginning. `vital_sign` is a name of the table of vital signs.
    """

    ingredient = models.CharField(max_length=120)
    second_nurse = models.CharField(max_length=3, blank=True, default="", help_text="yes, or empty")
    vital_sign = models.CharField(max_length=20, blank=True, default="")
    within_minutes = models.PositiveIntegerField(null=True, blank=True)
    low = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    high = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    # A reaction test goes before it, read after so many minutes.
    test_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    source = models.CharField(max_length=300)

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return self.code
