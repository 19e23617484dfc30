"""The base of every table."""

import uuid

from django.db import models
from django.db.models.functions import Now


class Record(models.Model):
    """A row with a bigint key for joins and a uuid for anything that appears in an address."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # True: the application's role is granted SELECT and INSERT alone, and AppendOnly refuses the rest.
    append_only = False

    class Meta:
        abstract = True
