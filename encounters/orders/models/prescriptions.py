"""Lines of a prescription that a patient takes home (TT 26/2025/TT-BYT): no order of the ward, so a table of their own."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility
from encounters.orders.models.orders import MedicationRequest


class PrescriptionLine(FacilityRecord):
    """One medicine of a prescription document (FHIR MedicationRequest, category discharge or community)."""

    class Control(models.TextChoices):
        NONE = "", pgettext_lazy("controlled medicine", "not controlled")
        NARCOTIC = "N", pgettext_lazy("controlled medicine", "narcotic (N)")
        PSYCHOTROPIC = "H", pgettext_lazy("controlled medicine", "psychotropic or precursor (H)")

    document = models.ForeignKey(
        "documents.Document", on_delete=models.PROTECT, related_name="prescription_lines"
    )
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    # The order of the ward that it goes on with.
    based_on = models.ForeignKey(
        MedicationRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="prescribed_as"
    )
    code = models.CharField(max_length=20, blank=True, default="", help_text="of the catalogue of medicines")
    text = models.CharField(max_length=300, help_text="name and strength as printed")
    ingredient = models.CharField(max_length=200, blank=True, default="")
    control = models.CharField(max_length=1, choices=Control, blank=True, default=Control.NONE)
    route = models.CharField(max_length=10, help_text="code of system medicine-route")
    dose = models.DecimalField(
        max_digits=9, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )
    dose_unit = models.CharField(max_length=20, help_text="code of system dose-unit")
    times_per_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    times = ArrayField(models.CharField(max_length=5), default=list, blank=True, help_text="local, HH:mm")
    meal = models.CharField(max_length=6, choices=MedicationRequest.Meal, blank=True, default="")
    as_needed = models.BooleanField(default=False)
    as_needed_for = models.CharField(max_length=120, blank=True, default="")
    days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(90)])
    quantity = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="handed out",
    )
    quantity_unit = models.CharField(max_length=20, help_text="code of system dose-unit")
    note = models.CharField(max_length=300, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(dose__gt=0, quantity__gt=0, days__gte=1),
                name="a_prescription_is_more_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(as_needed=True) | Q(times_per_day__gte=1), name="a_prescription_says_how_often"
            ),
        ]
        indexes = [models.Index(fields=["encounter"], name="prescription_line_of_stay")]
        triggers = [
            RowHistory(),
            SameFacility("document_id", "documents_document"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("based_on_id", "orders_medicationrequest"),
            SameFacility("author_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return self.text
