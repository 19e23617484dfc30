"""What the laboratory says about whose result a corrected message is."""

from django.conf import settings
from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from integrations.transport.models import Message


class IdentityConfirmation(FacilityRecord):
    """The laboratory's yes or no to a copy in which another patient or order was written than its sender had sent."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="identity_confirmation")
    is_confirmed = models.BooleanField()
    note = models.CharField(max_length=300, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    append_only = True

    class Meta:
        triggers = [AppendOnly(), SameFacility("message_id", "transport_message")]

    def __str__(self) -> str:
        return f"{self.message_id}: {'yes' if self.is_confirmed else 'no'}"
