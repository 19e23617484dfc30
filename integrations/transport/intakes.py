"""What fetching needs beside a channel: how far it has come, what it is stuck on, and the view of a database."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.triggers import RowHistory, SameFacility


class Intake(FacilityRecord):
    """When a channel was looked at that fetches (a folder, a database), and what it is stuck on."""

    channel = models.OneToOneField("transport.Channel", on_delete=models.PROTECT, related_name="intake")
    looked_at = models.DateTimeField(null=True)
    # A code of `reasons` with its values; "" when the last look went well.
    problem = models.CharField(max_length=40, blank=True, default="")
    detail = models.JSONField(default=dict)
    # Since when it has been stuck, and how many looks in a row found it so.
    stuck_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    # Databases: the last row taken, {"key": …, "changed": …} as the database writes them, and whether it was the last.
    position = models.JSONField(default=dict, db_default={})
    is_at_end = models.BooleanField(default=True, db_default=True)

    class Meta:
        triggers = [SameFacility("channel_id", "transport_channel")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.problem}"


class SqlSource(FacilityRecord):
    """The one view of a neighbour's database that a channel reads: which columns, and by which it knows what is new.

    Address, port, TLS and the password's file are the channel's. Names are identifiers: nobody writes SQL here.
    """

    class Driver(models.TextChoices):
        POSTGRESQL = "postgresql", "PostgreSQL"
        MARIADB = "mariadb", "MariaDB, MySQL"
        SQL_SERVER = "sqlserver", _("SQL Server (tried against none yet)")
        ORACLE = "oracle", _("Oracle (tried against none yet)")

    class Kind(models.TextChoices):
        """What a row of the view says."""

        PATIENT = "patient", _("Patients")
        STAY = "stay", _("Visits and stays")
        ORDER = "order", _("Orders")

    channel = models.OneToOneField("transport.Channel", on_delete=models.PROTECT, related_name="source")
    driver = models.CharField(max_length=12, choices=Driver, default=Driver.POSTGRESQL)
    database = models.CharField(max_length=63)
    username = models.CharField(max_length=63)
    # "view" or "schema.view".
    view = models.CharField(max_length=127)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.STAY)
    # {our name: the view's column}
    columns = models.JSONField(default=dict)
    key_column = models.CharField(max_length=63)
    # When the row was last written; "" where rows are only ever added, with growing keys.
    changed_column = models.CharField(max_length=63, blank=True, default="")
    # What becomes visible late (a transaction that took an hour): read again so far back, in seconds or in keys.
    overlap = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(0), MaxValueValidator(1_000_000)]
    )
    statement_seconds = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(database="") & ~Q(username="") & ~Q(view="") & ~Q(key_column=""),
                name="source_names_its_view",
            )
        ]
        triggers = [RowHistory(), SameFacility("channel_id", "transport_channel")]

    def __str__(self) -> str:
        return f"{self.database}.{self.view}"


class Emptying(FacilityRecord):
    """Up to which message the facility's old ones were looked through for emptying, and which were still under way then."""

    through_id = models.BigIntegerField(default=0)
    left_over = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility"], name="one_emptying_per_facility")]

    def __str__(self) -> str:
        return str(self.through_id)
