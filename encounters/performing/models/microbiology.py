"""What a culture may grow, and which antibiotics are tried on it. Data with dates of validity."""

from django.db import models

from encounters.orders.models import DatedRow


class Organism(DatedRow):
    """A microorganism as the laboratory names it; `panel` says which antibiotics are usually tried, empty for none."""

    title = models.CharField(max_length=200)
    panel = models.CharField(max_length=20, blank=True, default="")

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class TriedAntibiotic(DatedRow):
    """An antibiotic of a panel, in the panel's order. Breakpoints aren't kept: who reads the plate says S, I or R."""

    panel = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField(default=1)
    antibiotic = models.CharField(max_length=20, help_text="code, as analysers write it")
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.panel} {self.title}"
