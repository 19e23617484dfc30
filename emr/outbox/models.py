"""One row for each fact and each room that wants to know of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class OutboxEvent(models.Model):
    """A delivery owed: attempts, back-off, lease and fence live here, the broker only wakes workers (F-03 to F-06)."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=80)
    subscriber = models.CharField(max_length=120)
    queue = models.CharField(max_length=16)
    payload = models.JSONField()
    # Deliveries with the same subscriber and key are handed over one at a time, oldest first.
    order_key = models.CharField(max_length=80, default="")
    # On whose side of the wall the subscriber works: where the publisher was (a facility's id, "all" or nowhere).
    facility = models.CharField(max_length=20, db_default="all")
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    woken_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["available_at"], name="outbox_due", condition=Q(done_at=None, failed_at=None)
            ),
            models.Index(
                fields=["subscriber", "order_key", "id"],
                name="outbox_in_order",
                condition=Q(done_at=None, failed_at=None) & ~Q(order_key=""),
            ),
            models.Index(fields=["done_at"], name="outbox_done", condition=Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} → {self.subscriber}"
