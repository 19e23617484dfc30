"""Which test is added when another one shows something. Data with dates of validity."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encounters.orders.models import DatedRow


class ReflexRule(DatedRow):
    """When `analyte` of `service` fulfils `condition`, the laboratory may add the service `adds`, because of `reason`.

    `threshold` is in the analyte's unit; `words` are those of a choice, without accents and case.
    """

    class Condition(models.TextChoices):
        ABOVE = "above", _("Above the threshold")
        BELOW = "below", _("Below the threshold")
        ABNORMAL = "abnormal", _("Abnormal")
        CRITICAL = "critical", _("Critical")
        WORDS = "words", _("These words")

    service = models.CharField(max_length=20)
    analyte = models.CharField(max_length=40)
    condition = models.CharField(max_length=8, choices=Condition)
    threshold = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    words = models.CharField(max_length=200, blank=True, default="")
    adds = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, default="")

    class Meta(DatedRow.Meta):
        constraints = [
            *DatedRow.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(condition__in=["above", "below"]) | Q(threshold__isnull=False),
                name="a_reflex_rule_has_its_threshold",
            ),
            models.CheckConstraint(
                condition=~Q(condition="words") | ~Q(words=""), name="a_reflex_rule_has_its_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.analyte} → {self.adds}"
