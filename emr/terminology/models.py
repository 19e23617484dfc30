"""Code systems and what their codes mean on which day."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from emr.common.models import Record
from emr.common.triggers import RowHistory

# Behind every code that says how often it is used: what nobody ranked comes after what somebody did.
UNRANKED = 1000

_DAYS = Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange", output_field=DateRangeField())


class Flag(models.TextChoices):
    """What the ministry's ICD-10 list says of a code (TT 06/2026/TT-BYT, columns 24 to 29)."""

    NOT_MAIN = "not_main", _("Not a main diagnosis")
    DISCOURAGED = "discouraged", _("Discouraged")
    FORBIDDEN = "forbidden", _("Not to be used")
    DEATH_CAUSE_ONLY = "death_cause_only", _("Cause of death only")
    FEMALE_ONLY = "female_only", _("Female only")
    MALE_ONLY = "male_only", _("Male only")


class CodeSystem(Record):
    """A catalogue: the ministry's, an international one, or the facility's own (FHIR CodeSystem)."""

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("Shipped with the product")
        IMPORTED = "imported", _("Imported")

    code = models.SlugField(max_length=40, unique=True)
    url = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    version = models.CharField(max_length=80)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.SHIPPED)
    # SHA-256 of the shipped rows last loaded: the same files again cost one query.
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return self.title if (get_language() or "vi").startswith("vi") else self.title_en


class Concept(models.Model):
    """One meaning of a code, for the days from `valid_from` to `valid_to`, both included; null is open (FHIR concept).

    A meaning is never overwritten by a later one: it ends, and the next begins. `properties` holds the true flags
    (`Flag`) and what else the catalogue says of the code; `search_text` is what `text.search_text` makes of the row.
    """

    system = models.ForeignKey(CodeSystem, on_delete=models.PROTECT, related_name="concepts")
    # Collation C: codes sort byte by byte on every PostgreSQL, and a prefix can use the index.
    code = models.CharField(max_length=64, db_collation="C")
    display = models.CharField(max_length=500)
    display_en = models.CharField(max_length=500, blank=True, default="")
    search_text = models.TextField()
    parent_code = models.CharField(max_length=64, blank=True, default="", db_collation="C")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    properties = models.JSONField(default=dict)
    use_rank = models.PositiveSmallIntegerField(default=UNRANKED)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="concept_one_meaning_a_day",
                expressions=[
                    ("system", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (_DAYS, RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=~Q(code=""), name="concept_has_code"),
        ]
        indexes = [
            models.Index(fields=["system", "code"], name="concept_system_code"),
            models.Index(fields=["system", "parent_code"], name="concept_system_parent"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="concept_search"),
        ]
        triggers = [RowHistory(), pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"

    @property
    def flags(self) -> list[Flag]:
        """The flags set on this code, in the ministry's order of columns."""
        return [flag for flag in Flag if self.properties.get(flag)]
