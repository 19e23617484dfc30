"""Who pays: the health insurance card, or nobody but the patient (FHIR Coverage; regulation §3.3 I 9–10)."""

import datetime as dt
import re
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import local_today
from emr.common.triggers import RowHistory, SameFacility
from patients.registry.models import Patient
from patients.registry.systems import insurance_core

# 2 letters of the group, 1 digit of benefit, 2 of the province, 10 of the number; or the number; or the personal number.
CARD_NUMBER = re.compile(r"[A-Z]{2}\d{13}|\d{10}|\d{12}", re.ASCII)


class Coverage(FacilityRecord):
    """One card, or the statement that the patient pays or is exempt, from one day to another.

    A correction ends the row and adds another; visits keep the row that was valid on their day.
    """

    class Payer(models.TextChoices):
        INSURANCE = "BHYT", _("Health insurance")
        SELF = "THUPHI", _("Self-paid")
        EXEMPT = "MIEN", _("Exempt")
        OTHER = "KHAC", _("Other")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="coverages")
    payer = models.CharField(max_length=8, choices=Payer)
    card_number = models.CharField(max_length=15, blank=True, default="")
    insurance_number = models.CharField(max_length=12, blank=True, default="", editable=False)
    benefit_level = models.CharField(max_length=1, blank=True, default="", help_text="1 to 5")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    registered_facility = models.CharField(max_length=5, blank=True, default="")
    five_years_on = models.DateField(
        null=True, blank=True, help_text="five years without a gap from this day"
    )
    living_area = models.CharField(max_length=2, blank=True, default="", help_text="K1, K2, K3")
    copayment_exempt_from = models.DateField(null=True, blank=True)
    address_text = models.CharField(max_length=400, blank=True, default="", help_text="as on the card")
    card_line = models.TextField(blank=True, default="", help_text="fields of the card that have no column")
    is_active = models.BooleanField(default=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(payer="BHYT") | ~Q(card_number=""), name="insurance_has_a_card_number"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from=None) | Q(valid_until__gte=F("valid_from")),
                name="coverage_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["patient", "payer", "card_number", "valid_from"],
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="one_active_row_per_card",
            ),
        ]
        ordering: ClassVar[list[Any]] = ["-is_active", F("valid_until").desc(nulls_first=True), "-pk"]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.card_number or self.payer

    def save(self, *args: object, **kwargs: object) -> None:
        self.insurance_number = insurance_core(self.card_number)
        if len(self.card_number) == 15:
            self.benefit_level = self.card_number[2]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def object_group(self) -> str:
        """The two letters of the card's group ("HT"), or ""."""
        return self.card_number[:2] if len(self.card_number) == 15 else ""

    def is_valid_on(self, day: dt.date | None = None) -> bool:
        """Whether it counts on that day (today when none is given)."""
        on = day or local_today()
        begun = self.valid_from is None or self.valid_from <= on
        return self.is_active and begun and (self.valid_until is None or self.valid_until >= on)
