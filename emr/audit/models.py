"""What was done, by whom, to whose record: append-only, chained, kept as long as the record."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from emr.common.triggers import AppendOnly

SHARDS = 4
# No month of the log may go earlier, whatever a facility sets.
LEAST_YEARS = 5


class AuditEvent(models.Model):
    """One read, write, query, print, export, signature or denial (FHIR AuditEvent).

    No foreign keys: ids and names as they were. Partitioned by month; the table is made by SQL in the first migration.
    """

    class Outcome(models.TextChoices):
        SUCCESS = "success"
        DENIED = "denied"
        FAILURE = "failure"

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(db_index=True)
    transaction_id = models.BigIntegerField()
    shard = models.SmallIntegerField()
    action = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.SUCCESS)
    facility_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField(null=True)
    agent_name = models.CharField(max_length=200, default="")
    patient_id = models.BigIntegerField(null=True)
    entity_type = models.CharField(max_length=64, default="")
    entity_id = models.BigIntegerField(null=True)
    entity_uuid = models.UUIDField(null=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=32, default="")
    address = models.CharField(max_length=64, default="")
    device = models.CharField(max_length=200, default="")

    append_only = True
    # Time, transaction and shard are the database's own, whatever the writer says.
    application_grants = (
        "SELECT, INSERT (action, outcome, facility_id, agent_id, agent_name, patient_id, entity_type, entity_id,"
        " entity_uuid, detail, request_id, address, device)"
    )

    class Meta:
        managed = False
        db_table = "audit_event"

    def __str__(self) -> str:
        return f"{self.action} {self.outcome}"


class RowVersion(models.Model):
    """The row as it was before an UPDATE or DELETE, written by the table's `row_history` trigger.

    Who did it stands in the AuditEvent of the same transaction (same transaction_id and recorded_at).
    """

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField()
    transaction_id = models.BigIntegerField()
    table_name = models.CharField(max_length=64)
    operation = models.CharField(max_length=6)
    row_id = models.BigIntegerField()
    row = models.JSONField()

    append_only = True
    application_grants = "SELECT"
    # Whose the row was; a row of no facility's is nobody's.
    facility_sql = "coalesce((row ->> 'facility_id')::bigint, 0)"

    class Meta:
        managed = False
        db_table = "audit_rowhistory"

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id}"


class AuditPending(models.Model):
    """An event that no link covers yet; filled by trigger, emptied by the linker."""

    event_id = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    shard = models.SmallIntegerField()

    application_grants = "SELECT, DELETE"

    class Meta:
        managed = False
        db_table = "audit_pending"

    def __str__(self) -> str:
        return str(self.event_id)


class AuditLink(models.Model):
    """A link of a shard's chain: the hash covers the link before it and the digests of its events."""

    id = models.BigAutoField(primary_key=True)
    shard = models.SmallIntegerField()
    sequence = models.BigIntegerField()
    event_ids = ArrayField(models.BigIntegerField())
    first_recorded_at = models.DateTimeField()
    last_recorded_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    linked_at = models.DateTimeField()

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "sequence"], name="one_link_per_place")]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.shard}/{self.sequence}"


class AuditDisposal(models.Model):
    """A month of the log that was let go after its time: why it is missing. The owner's role alone writes it."""

    id = models.BigAutoField(primary_key=True)
    first_at = models.DateTimeField()
    until_at = models.DateTimeField()
    disposed_at = models.DateTimeField(db_default=Now())
    event_count = models.BigIntegerField()
    reason = models.CharField(max_length=300)

    application_grants = "SELECT"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first_at"], name="one_disposal_a_month")]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.first_at:%Y-%m}"


class SpoolTaken(models.Model):
    """A file of lines that were spooled while the database took nothing: taken in, once (F-11)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    sha256 = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    taken_at = models.DateTimeField(db_default=Now())

    append_only = True

    class Meta:
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return self.name
