"""What the pharmacist says of a medicine order, and what the prescriber answers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.orders.models.orders import MedicationRequest


class PharmacyReview(FacilityRecord):
    """The pharmacist's word on one order (FHIR Task whose focus is the MedicationRequest).

    An order without a row waits. One that carries on an accepted order without a change is accepted with it.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("pharmacy", "To review")
        ACCEPTED = "accepted", pgettext_lazy("pharmacy", "Accepted")
        ON_HOLD = "on-hold", pgettext_lazy("pharmacy", "Held")
        REJECTED = "rejected", pgettext_lazy("pharmacy", "Refused")

    order = models.OneToOneField(MedicationRequest, on_delete=models.PROTECT, related_name="pharmacy_review")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=Status, default=Status.REQUESTED)
    # Of a decision that an unchanged order took over: whose it was.
    carried_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="carried_on"
    )
    # What the checks said when it was decided: [{"level", "title", "message"}].
    findings = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="requested", decided_at=None, decided_by=None)
                | (~Q(status="requested") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="a_review_decided_is_somebodys",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["on-hold", "rejected"]) | ~Q(reason=""),
                name="a_medicine_is_held_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(carried_from=F("id")), name="a_review_is_not_carried_from_itself"
            ),
        ]
        indexes = [models.Index(fields=["facility", "status"], name="pharmacy_review_status")]
        triggers = [
            RowHistory(),
            SameFacility("order_id", "orders_medicationrequest"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("decided_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"


class PharmacyComment(FacilityRecord):
    """One remark about an order, or the answer to one (FHIR Communication). Insert-only."""

    class Kind(models.TextChoices):
        COMMENT = "comment", pgettext_lazy("pharmacy", "Remark")
        HOLD = "hold", pgettext_lazy("pharmacy", "Held")
        REFUSAL = "refusal", pgettext_lazy("pharmacy", "Refused")
        ANSWER = "answer", pgettext_lazy("pharmacy", "Answer")

    order = models.ForeignKey(MedicationRequest, on_delete=models.PROTECT, related_name="pharmacy_comments")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    text = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="answered_by"
    )

    append_only = True

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="answer", answers__isnull=False) | (~Q(kind="answer") & Q(answers=None)),
                name="an_answer_answers_something",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="a_remark_says_something"),
        ]
        indexes = [models.Index(fields=["order", "kind"], name="pharmacy_comment_of_order")]
        triggers = [
            AppendOnly(),
            SameFacility("order_id", "orders_medicationrequest"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("author_id", "accounts_user"),
            SameFacility("answers_id", "orders_pharmacycomment"),
        ]

    def __str__(self) -> str:
        return self.text
