"""What devices told afterwards, act by act, and what each was answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility

KINDS = {
    "give": pgettext_lazy("device event", "medicine given"),
    "give-needed": pgettext_lazy("device event", "medicine given when needed"),
    "not-given": pgettext_lazy("device event", "medicine not given"),
    "step": pgettext_lazy("device event", "step of an infusion"),
    "vital-signs": pgettext_lazy("device event", "vital signs"),
}


class DeviceEvent(FacilityRecord):
    """One act as a device sent it, and its answer, which stays the same however often it is sent (F-20, F-21). Insert-only.

    What was refused is here too: nothing that a device told is lost, whether it could be kept as an act or not.
    """

    class Status(models.TextChoices):
        DONE = "done", pgettext_lazy("device event", "Kept")
        CONFLICT = "conflict", pgettext_lazy("device event", "Waits to be settled")
        REFUSED = "refused", pgettext_lazy("device event", "Refused")

    key = models.UUIDField()
    kind = models.CharField(max_length=20)
    device = models.CharField(max_length=60, blank=True, default="")
    # As sent, without key and kind.
    body = models.JSONField()
    # By the server's clock; as the device's clock had it; when the device said that it sends.
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=8, choices=Status)
    # {"code", "message", "id"}: of a refusal its code and words, else the public id of what was kept.
    answer = models.JSONField()

    append_only = True

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["facility", "key"], name="one_device_event_per_key")]
        indexes = [
            models.Index(
                fields=["facility", "-created_at"],
                condition=Q(status="refused"),
                name="device_events_refused",
            )
        ]
        triggers = [
            AppendOnly(),
            SameFacility("by_id", "accounts_user"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    @property
    def kind_words(self) -> str:
        """What it was; a kind that nobody knows by its own name."""
        return str(KINDS.get(self.kind, self.kind))

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
