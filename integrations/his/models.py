"""What the HIS last said, and when: so that older news never overwrites newer (F-17)."""

from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import SameFacility
from integrations.transport.models import Message


class Freshness(FacilityRecord):
    """The time of the news that a group of fields of one patient or stay was last taken from."""

    class Subject(models.TextChoices):
        PATIENT = "patient"
        ENCOUNTER = "encounter"

    subject = models.CharField(max_length=10, choices=Subject)
    subject_id = models.BigIntegerField()
    group = models.CharField(max_length=20)
    happened_at = models.DateTimeField()
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "group"], name="one_freshness_per_group"
            ),
        ]
        triggers = [SameFacility("message_id", "transport_message")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.group}"
