"""What is due: one row for each time that a medicine in effect is to be given."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility


class DueDose(FacilityRecord):
    """One dose of an order (FHIR Task whose focus is the MedicationRequest). `slot` names it within its order for ever."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", pgettext_lazy("dose", "By the clock")
        NEEDED = "needed", pgettext_lazy("dose", "When needed")
        EXTRA = "extra", pgettext_lazy("dose", "Given besides")

    class Outcome(models.TextChoices):
        """What was answered; the row of the answer is `MedicationAdministration`, which the database allows once."""

        OPEN = "", pgettext_lazy("dose", "not answered")
        RUNNING = "running", pgettext_lazy("dose", "running")
        GIVEN = "given", pgettext_lazy("dose", "given")
        PARTIAL = "partial", pgettext_lazy("dose", "given in part")
        NOT_GIVEN = "not-given", pgettext_lazy("dose", "not given")

    class Ended(models.TextChoices):
        """Why a dose that nobody answered isn't due any more."""

        STOPPED = "stopped", _("The order was stopped")
        CHANGED = "changed", _("The order was changed")
        HELD = "held", _("The order was held")
        LEFT = "left", _("The patient has left")
        ERROR = "error", _("Entered in error")
        PUT_OFF = "put-off", _("What it was for is put off")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="doses")
    order = models.ForeignKey("orders.MedicationRequest", on_delete=models.PROTECT, related_name="doses")
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SCHEDULED)
    slot = models.CharField(max_length=40)
    # As ordered; `due_at` is later where somebody postponed it.
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    amount = models.DecimalField(
        max_digits=9, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )
    unit = models.CharField(max_length=20, help_text="code of system dose-unit")
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.OPEN, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=7, choices=Ended, blank=True, default="")
    postpone_reason = models.CharField(max_length=200, blank=True, default="")
    # Our own label: strips and ampoules rarely carry a code of their own.
    number = models.CharField(max_length=16, blank=True, default="")
    label_count = models.PositiveSmallIntegerField(default=0, help_text="how often its label was printed")
    tray = models.ForeignKey(
        "medicines.WardTray", on_delete=models.PROTECT, null=True, blank=True, related_name="doses"
    )
    batch = models.CharField(max_length=40, blank=True, default="")
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "slot"], name="one_dose_per_slot"),
            models.UniqueConstraint(
                fields=["facility", "number"], condition=~Q(number=""), name="one_dose_per_label"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_due_dose_is_more_than_nothing"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended="") | (Q(ended_at__isnull=False) & ~Q(ended="")),
                name="a_dose_that_ended_says_why",
            ),
            models.CheckConstraint(
                condition=Q(ended="") | Q(outcome=""), name="an_answered_dose_has_not_ended"
            ),
        ]
        indexes = [
            models.Index(fields=["encounter", "due_at"], name="doses_of_stay"),
            models.Index(fields=["facility", "due_at"], condition=Q(outcome="", ended=""), name="doses_open"),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("order_id", "orders_medicationrequest"),
            SameFacility("tray_id", "medicines_wardtray"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.slot}"

    @property
    def is_open(self) -> bool:
        """Nobody has answered it, and it is still wanted."""
        return self.outcome == self.Outcome.OPEN and not self.ended
