"""What nurses did of an order's tasks. Insert-only: taken back by a row that names the one it replaces."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class Execution(FacilityRecord):
    """One time of an order carried out or left out; on the order's row, never in the doctor's entry.

    `happened_at` is when it was done at the bed, by the device's clock set by the server's; `created_at` when it arrived
    (R-21). `key` was made on the device: sent twice is kept once.
    """

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("task", "Done")
        NOT_DONE = "not-done", pgettext_lazy("task", "Not done")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("task", "Taken back")

    class Identified(models.TextChoices):
        """How the nurse knew whose bed it is."""

        SCAN = "scan", _("Wristband scanned")
        ASKED = "asked", _("Name and date of birth asked")
        LATER = "later", _("Entered later, from paper")

    class Reason(models.TextChoices):
        REFUSED = "refused", pgettext_lazy("task", "The patient refused")
        AWAY = "away", pgettext_lazy("task", "The patient was away")
        CONDITION = "condition", pgettext_lazy("task", "The patient's condition didn't allow it")
        DOCTOR = "doctor", pgettext_lazy("task", "A doctor said so")
        SUPPLY = "supply", pgettext_lazy("task", "Material or device missing")
        OTHER = "other", pgettext_lazy("task", "Another reason")

    order = models.ForeignKey("orders.ServiceRequest", on_delete=models.PROTECT, related_name="executions")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="executions")
    slot_at = models.DateTimeField(help_text="which of the order's times")
    outcome = models.CharField(max_length=16, choices=Outcome)
    reason = models.CharField(max_length=10, choices=Reason, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    happened_at = models.DateTimeField()
    identified = models.CharField(max_length=5, choices=Identified)
    late_reason = models.CharField(max_length=200, blank=True, default="")
    outage = models.ForeignKey(
        "bedside.Outage", on_delete=models.PROTECT, null=True, blank=True, related_name="executions"
    )
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        ordering = ["happened_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_execution_per_key"),
            models.UniqueConstraint(
                fields=["order", "slot_at"], condition=Q(replaces=None), name="one_execution_per_time"
            ),
            models.CheckConstraint(
                condition=Q(outcome="done") | ~Q(reason="") | (Q(outcome="entered-in-error") & ~Q(note="")),
                name="what_was_left_out_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="entered-in-error") | Q(replaces__isnull=False),
                name="what_is_taken_back_was_there",
            ),
            models.CheckConstraint(
                condition=Q(outage=None) | Q(identified="later"), name="an_outages_entries_come_later"
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="an_execution_replaces_another"),
        ]
        indexes = [models.Index(fields=["encounter", "happened_at"], name="execution_course")]
        triggers = [
            AppendOnly(),
            SameFacility("order_id", "orders_servicerequest"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("replaces_id", "bedside_execution"),
            SameFacility("outage_id", "bedside_outage"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.slot_at:%Y-%m-%d %H:%M} {self.outcome}"

    @property
    def why(self) -> str:
        """Why it was left out, in words."""
        words = [str(self.get_reason_display()) if self.reason else "", self.note]
        return " · ".join(word for word in words if word)
