"""A test of how somebody reacts to a medicine: begun, and read when its time has come."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility


class ReactionTest(FacilityRecord):
    """A skin test of an ordered medicine (phiếu thử phản ứng thuốc). A negative one is never read before its time."""

    class Method(models.TextChoices):
        PRICK = "prick", pgettext_lazy("reaction test", "Prick test")
        INTRADERMAL = "intradermal", pgettext_lazy("reaction test", "Intradermal test")

    class Result(models.TextChoices):
        OPEN = "", pgettext_lazy("reaction test", "to be read")
        NEGATIVE = "negative", pgettext_lazy("reaction test", "Negative")
        POSITIVE = "positive", pgettext_lazy("reaction test", "Positive")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="reaction_tests")
    order = models.ForeignKey(
        "orders.MedicationRequest", on_delete=models.PROTECT, related_name="reaction_tests"
    )
    key = models.UUIDField()
    method = models.CharField(max_length=11, choices=Method)
    batch = models.CharField(max_length=40, blank=True, default="")
    started_at = models.DateTimeField()
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_due_at = models.DateTimeField()
    result = models.CharField(max_length=8, choices=Result, default=Result.OPEN, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_reaction_test_per_key"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(result=""), name="one_unread_reaction_test_per_order"
            ),
            models.CheckConstraint(
                condition=Q(result="", read_at=None, reader=None)
                | (~Q(result="") & Q(read_at__isnull=False, reader__isnull=False)),
                name="a_reaction_that_was_read_is_somebodys",
            ),
            models.CheckConstraint(
                condition=~Q(result="negative") | Q(read_at__gte=F("read_due_at")),
                name="a_negative_test_was_read_after_its_time",
            ),
        ]
        indexes = [models.Index(fields=["encounter", "started_at"], name="reaction_tests_of_stay")]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("order_id", "orders_medicationrequest"),
            SameFacility("performer_id", "accounts_user"),
            SameFacility("reader_id", "accounts_user"),
            pgtrigger.Protect(
                name="a_reading_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__result="")
            ),
            pgtrigger.ReadOnly(
                name="what_was_tested_stays",
                fields=["facility", "encounter", "order", "key", "method", "started_at", "performer"],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.result}"
