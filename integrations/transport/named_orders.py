"""Which orders a message speaks of, by their numbers: so that it is found by one without reading every message."""

from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class NamedOrder(FacilityRecord):
    """One number of an order that a message names: the placer's or the filler's, as it stands there."""

    # Its unique key begins with the message, the index with the facility.
    facility = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    message = models.ForeignKey(
        "transport.Message", on_delete=models.PROTECT, related_name="named_orders", db_index=False
    )
    number = models.CharField(max_length=80)

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="one_order_number_a_message")
        ]
        indexes = [models.Index(fields=["facility", "number"], name="message_of_order")]
        triggers = [AppendOnly(), SameFacility("message_id", "transport_message")]

    def __str__(self) -> str:
        return self.number
