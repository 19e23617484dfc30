"""Score tables and what each score asks for: data with dates of validity, a facility's own."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encounters.orders.models import DatedRow


class Scale(models.TextChoices):
    """The early warning scores that the tables may hold."""

    NEWS2 = "NEWS2", _("NEWS2 (adults)")
    PEWS = "PEWS", _("PEWS (children)")
    MEOWS = "MEOWS", _("MEOWS (pregnancy and childbed)")


class Level(models.TextChoices):
    """How much a score asks for; none: nothing beside the usual round."""

    NONE = "", pgettext_lazy("level", "None")
    LOW = "low", pgettext_lazy("level", "Low")
    MEDIUM = "medium", pgettext_lazy("level", "Medium")
    HIGH = "high", pgettext_lazy("level", "High")


RANKS = {level: rank for rank, level in enumerate(Level.values)}


class ScoreBand(DatedRow):
    """Points of one sign (a name of `results.vital_signs.SIGNS`) up to a value, included; null: everything above.

    Ages are whole months, `to_months` excluded, null is open. `variant` of oxygen saturation in NEWS2: "1" for scale 1, "2a"
    and "2o" for scale 2 on room air and on oxygen (Royal College of Physicians 2017).
    """

    scale = models.CharField(max_length=8, choices=Scale)
    sign = models.CharField(max_length=20)
    variant = models.CharField(max_length=2, blank=True, default="")
    from_months = models.PositiveSmallIntegerField(default=0)
    to_months = models.PositiveSmallIntegerField(null=True, blank=True)
    up_to = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    points = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        constraints = [
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(to_months=None) | Q(to_months__gt=F("from_months")), name="a_band_has_an_age_end"
            ),
        ]
        indexes = [models.Index(fields=["facility", "scale"], name="bands_of_scale")]

    def __str__(self) -> str:
        return f"{self.scale} {self.sign} ≤ {self.up_to}: {self.points}"


class ScoreResponse(DatedRow):
    """What a score from `from_score` on asks for, or (with `any_single`) one sign alone of that many points.

    `every_minutes`: the next round at the latest; `respond_minutes`: until when a person of `role` has to have answered,
    null where nobody is called. `words`: what is to be done, as the ward reads it.
    """

    scale = models.CharField(max_length=8, choices=Scale)
    level = models.CharField(max_length=6, choices=Level, blank=True, default="")
    from_score = models.PositiveSmallIntegerField(null=True, blank=True)
    any_single = models.PositiveSmallIntegerField(null=True, blank=True)
    every_minutes = models.PositiveIntegerField()
    respond_minutes = models.PositiveIntegerField(null=True, blank=True)
    role = models.CharField(max_length=24, blank=True, default="")
    words = models.CharField(max_length=300)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        constraints = [
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(from_score=None, any_single__isnull=False)
                | Q(from_score__isnull=False, any_single=None),
                name="a_response_has_one_reason",
            ),
            models.CheckConstraint(condition=Q(every_minutes__gt=0), name="a_response_names_the_next_round"),
        ]

    def __str__(self) -> str:
        return f"{self.scale} {self.level} {self.from_score or self.any_single}"
