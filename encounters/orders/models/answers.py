"""What doctors answered to a question about an order. Insert-only."""

import uuid

from django.conf import settings
from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class Answer(FacilityRecord):
    """Somebody's reason about one line of an entry; the line may be struck later, so it is named, not referred to."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="%(class)ss")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="%(class)ss")
    entry = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="%(class)ss")
    order_uuid = models.UUIDField(default=uuid.uuid4)
    order_text = models.CharField(max_length=300)
    reason = models.CharField(max_length=300)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        abstract = True
        ordering = ["pk"]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("entry_id", "documents_document"),
        ]


class CheckAnswer(Answer):
    """Why a medicine is ordered although a check stopped it: `key` is the question's, `message` its words as shown."""

    key = models.CharField(max_length=200)
    level = models.CharField(max_length=10)
    message = models.CharField(max_length=600)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(Answer.Meta):
        constraints = [
            models.UniqueConstraint(fields=["order_uuid", "key"], name="one_answer_per_order_and_question")
        ]

    def __str__(self) -> str:
        return self.key


class RepeatDecision(Answer):
    """A test that was done a short time ago: used again or repeated, and why (Law 51/2024/QH15, article 3 clause 4)."""

    class Decision(models.TextChoices):
        REUSE = "reuse"
        REPEAT = "repeat"

    decision = models.CharField(max_length=6, choices=Decision)
    code = models.CharField(max_length=80)
    earlier_at = models.DateTimeField()
    earlier_reference = models.CharField(max_length=200, blank=True, default="")
    window_hours = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=0, null=True)

    class Meta(Answer.Meta):
        constraints = [models.UniqueConstraint(fields=["order_uuid"], name="one_decision_per_order")]
        indexes = [models.Index(fields=["facility", "decision", "created_at"], name="repeat_decisions")]

    def __str__(self) -> str:
        return f"{self.decision} {self.code}"
