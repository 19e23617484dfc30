"""What a facility lets its doctors order, and the tables that orders are checked against: data with dates of validity."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Value
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.orders.models.orders import ServiceRequest

_DAYS = Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange", output_field=DateRangeField())


class DatedRow(FacilityRecord):
    """One meaning of a code, from `valid_from` to `valid_to`, both included; null is open. It ends, it isn't rewritten."""

    code = models.CharField(max_length=80)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["code", "-valid_from"]
        constraints = [
            ExclusionConstraint(
                name="%(class)s_one_meaning_a_day",
                expressions=[
                    ("facility", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (_DAYS, RangeOperators.OVERLAPS),
                ],
            )
        ]
        triggers = [RowHistory()]


class OrderableService(DatedRow):
    """A test or an image that the facility does (FHIR ActivityDefinition); `price` is in đồng."""

    name = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300, blank=True, default="")
    category = models.CharField(max_length=12, choices=ServiceRequest.Category)
    group = models.CharField(max_length=80, blank=True, default="")
    specimen = models.CharField(max_length=20, blank=True, default="")
    body_site = models.CharField(max_length=120, blank=True, default="")
    loinc = models.CharField(max_length=20, blank=True, default="")
    national_code = models.CharField(
        max_length=20, blank=True, default="", help_text="mã chỉ số / mã dịch vụ dùng chung"
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=0, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    aliases = models.CharField(max_length=300, blank=True, default="")
    search_text = models.TextField(default="")

    class Meta(DatedRow.Meta):
        indexes = [GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="orderable_service_search")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ReuseWindow(DatedRow):
    """For how long a result of the service stays good, counted from when the specimen was taken or the image made."""

    hours = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    basis = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.code} {self.hours} h"


class PrescriptionLimit(DatedRow):
    """For how many days what a patient takes home may be prescribed; for longer its form asks why.

    `code` is N, H, or "thuong" for what is not controlled. `source` names the rule, `note` what else to know.
    """

    days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    source = models.CharField(max_length=300)
    note = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.code} {self.days} d"


class KnowledgeRule(DatedRow):
    """One thing known of medicines, with who says so. The list is never complete (R-63): it helps, it doesn't decide.

    kind "class": `subject` belongs to the class `other`. "cross": an allergy to class `subject` may hold for class `other`.
    "interaction": `subject` with `other`. "duplicate": two different medicines of `subject`. "pregnancy": `subject`.
    "dose": the most of `subject` at a time and a day, in `unit` (mg, or mg/kg), for `population` adult or child. A name
    that begins with # is a class.
    """

    class Kind(models.TextChoices):
        CLASS = "class", _("Class of medicines")
        CROSS = "cross", _("Cross-allergy")
        INTERACTION = "interaction", _("Interaction")
        DUPLICATE = "duplicate", _("Two of one class")
        PREGNANCY = "pregnancy", _("Pregnancy")
        DOSE = "dose", _("Highest dose")

    class Level(models.TextChoices):
        INTERRUPT = "interrupt", _("Stops: must be answered")
        INLINE = "inline", _("Shown beside the line")
        PASSIVE = "passive", _("Small note")

    kind = models.CharField(max_length=12, choices=Kind)
    subject = models.CharField(max_length=120)
    other = models.CharField(max_length=120, blank=True, default="")
    level = models.CharField(max_length=10, choices=Level, blank=True, default="")
    population = models.CharField(max_length=10, blank=True, default="")
    unit = models.CharField(max_length=10, blank=True, default="")
    most_per_dose = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    most_per_day = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    text = models.CharField(max_length=400, blank=True, default="")
    advice = models.CharField(max_length=400, blank=True, default="")
    source = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.code


class OrderSet(FacilityRecord):
    """Several orders asked for with one choice: a panel, or a department's set for a diagnosis (FHIR PlanDefinition)."""

    class Kind(models.TextChoices):
        PANEL = "panel", _("Panel")
        SET = "set", _("Order set")

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=Kind)
    # Codes of the department and the beginning of an ICD-10 code; empty: for every one.
    department_code = models.CharField(max_length=20, blank=True, default="")
    diagnosis = models.CharField(max_length=8, blank=True, default="")
    search_text = models.TextField(default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["facility", "code"], name="one_order_set_per_code")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.name


class OrderSetLine(FacilityRecord):
    """One order of a set: a service by its code, or a medicine as it is typed on one line."""

    order_set = models.ForeignKey(OrderSet, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=12)
    code = models.CharField(max_length=20, blank=True, default="")
    text = models.CharField(max_length=300)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order_set", "position"], name="one_line_per_place_in_a_set")
        ]
        triggers = [RowHistory(), SameFacility("order_set_id", "orders_orderset")]

    def __str__(self) -> str:
        return self.text


class OrderSetVersion(FacilityRecord):
    """What a set held from a day on, whoever changed it and however: in the browser or by a file. Insert-only."""

    order_set = models.ForeignKey(OrderSet, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    # {"name", "kind", "department", "diagnosis", "is_active", "lines": [[category, code, text], …]}
    content = models.JSONField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True, default="")

    append_only = True

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["order_set", "number"], name="one_version_of_a_set_per_number")
        ]
        triggers = [AppendOnly(), SameFacility("order_set_id", "orders_orderset")]

    def __str__(self) -> str:
        return f"{self.order_set_id} v{self.number}"
