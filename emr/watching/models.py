"""What was seen of the house: who is alive, and since when a part is as it is."""

from django.db import models
from django.db.models.functions import Now


class Pulse(models.Model):
    """A program's last sign of life: `said_at` by its own clock, `seen_at` by the database's."""

    name = models.CharField(max_length=60, primary_key=True)
    said_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_default=Now())
    host = models.CharField(max_length=80, default="")

    def __str__(self) -> str:
        return self.name


class PartChange(models.Model):
    """A part of the house became well, questionable or broken; the newest row of a part is how it is."""

    class State(models.TextChoices):
        WELL = "well"
        CAUTION = "caution"
        BROKEN = "broken"

    part = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State)
    # In English, as logs are: the page asks the part again in the reader's language.
    reason = models.CharField(max_length=400, default="")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["part", "-id"], name="part_newest")]

    def __str__(self) -> str:
        return f"{self.part}: {self.state}"
