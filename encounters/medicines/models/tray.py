"""What a ward fetches for a shift, and what it brings back."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class WardTray(FacilityRecord):
    """A tray that was filled for a department and a time: its total is the requisition (phiếu lĩnh). Insert-only."""

    department = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=16)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # In total: [{"code", "text", "unit", "unit_text", "supply", "supply_text", "amount", "doses"}], as it was asked for.
    lines = models.JSONField(default=list)
    filled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(help_text="the form that was sent: twice sent is once filled")

    append_only = True

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="one_tray_per_number"),
            models.UniqueConstraint(fields=["facility", "key"], name="one_tray_per_key"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_tray_is_for_some_time"),
        ]
        indexes = [models.Index(fields=["facility", "department", "-starts_at"], name="trays_of_ward")]
        triggers = [AppendOnly(), SameFacility("filled_by_id", "accounts_user"), DepartmentOfFacility()]

    def __str__(self) -> str:
        return self.number


class TrayReturn(FacilityRecord):
    """What came back of a dose that wasn't given: to the pharmacy, the ward's stock, or thrown away. Insert-only."""

    class Where(models.TextChoices):
        PHARMACY = "pharmacy", pgettext_lazy("returned to", "To the pharmacy")
        WARD = "ward", pgettext_lazy("returned to", "To the ward's stock")
        DISCARDED = "discarded", pgettext_lazy("returned to", "Thrown away")

    tray = models.ForeignKey(WardTray, on_delete=models.PROTECT, related_name="returns")
    dose = models.OneToOneField("medicines.DueDose", on_delete=models.PROTECT, related_name="returned")
    amount = models.DecimalField(
        max_digits=9, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )
    where = models.CharField(max_length=9, choices=Where)
    note = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["pk"]
        triggers = [
            AppendOnly(),
            SameFacility("tray_id", "medicines_wardtray"),
            SameFacility("dose_id", "medicines_duedose"),
            SameFacility("by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.tray_id} {self.dose_id}"
