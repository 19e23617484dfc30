"""Orders that were spoken before they were written: a nurse records them, the doctor answers for them afterwards."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility


class SpokenOrder(FacilityRecord):
    """What a doctor ordered by word of mouth, or a nurse gave before anybody could order it (FHIR Task to confirm).

    Its lines are the orders of `entry`, a draft treatment-sheet entry of the doctor's, in effect from the moment of
    recording; the doctor's decision finishes that entry.
    """

    class Kind(models.TextChoices):
        VERBAL = "verbal", _("Spoken order")
        TELEPHONE = "telephone", _("Order by telephone")
        URGENT_DOSE = "urgent-dose", _("Urgent dose before the order")

    class Outcome(models.TextChoices):
        OPEN = "", pgettext_lazy("spoken order", "Waits for the doctor")
        CONFIRMED = "confirmed", pgettext_lazy("spoken order", "Confirmed")
        REJECTED = "rejected", pgettext_lazy("spoken order", "Not confirmed")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="spoken_orders")
    entry = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="spoken_order")
    kind = models.CharField(max_length=11, choices=Kind)
    # Who said it; of an urgent dose, who is asked to answer for it.
    prescriber = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # When it was said, or when the urgent dose was needed; `created_at` is when it was recorded.
    spoken_at = models.DateTimeField(default=now)
    read_back = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True, default="")
    given_at = models.DateTimeField(null=True, blank=True, help_text="of an urgent dose that was given")
    # The same form sent twice is one order.
    token = models.UUIDField(default=uuid.uuid4)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.OPEN, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, default="", help_text="the doctor's, or why not")

    class Meta:
        ordering = ["-spoken_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "token"], name="one_spoken_order_per_form"),
            models.CheckConstraint(
                condition=Q(kind="urgent-dose") | Q(read_back=True), name="what_was_said_was_read_back"
            ),
            models.CheckConstraint(
                condition=~Q(kind="urgent-dose") | ~Q(reason=""), name="an_urgent_dose_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None, decided_by=None)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="a_decision_on_a_spoken_order_is_somebodys",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="rejected") | ~Q(note=""), name="a_spoken_order_is_refused_with_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "due_at"], name="spoken_open", condition=Q(outcome="")),
            models.Index(fields=["prescriber"], name="spoken_open_mine", condition=Q(outcome="")),
            models.Index(fields=["encounter", "-spoken_at"], name="spoken_of_stay"),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("entry_id", "documents_document"),
            SameFacility("prescriber_id", "accounts_user"),
            SameFacility("recorded_by_id", "accounts_user"),
            SameFacility("decided_by_id", "accounts_user"),
            pgtrigger.ReadOnly(
                name="what_was_spoken_stays",
                fields=[
                    "facility", "patient", "encounter", "entry", "kind", "prescriber", "recorded_by", "spoken_at",
                    "read_back", "reason", "given_at", "token",
                ],
            ),
            pgtrigger.Protect(
                name="a_decision_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__outcome=""),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def is_overdue(self) -> bool:
        """Nobody has answered for it in the facility's time."""
        return self.outcome == self.Outcome.OPEN and self.due_at < now()
