"""Orders: structured rows of a treatment-sheet entry, written nowhere else (regulation §3.7)."""

import datetime as dt
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.orders.regimens import Hold, Scale, TaperStep, read_holds, read_scale, read_steps


class Order(FacilityRecord):
    """What every order has. A draft belongs to its entry alone; once confirmed only its status changes."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        ON_HOLD = "on-hold", _("On hold")
        REVOKED = "revoked", _("Stopped")
        COMPLETED = "completed", _("Completed")
        ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")

    class Priority(models.TextChoices):
        ROUTINE = "routine", _("Routine")
        URGENT = "urgent", _("Urgent")
        STAT = "stat", _("Immediately")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="%(class)ss")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="%(class)ss")
    # Empty only of an order that another system keeps, until the doctor confirms an entry of its day, which takes it in.
    entry = models.ForeignKey(
        "documents.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    position = models.PositiveSmallIntegerField()
    # Our own number of a confirmed order (HL7 v2 ORC-2, FHIR placerOrderNumber); no order in effect is without.
    placer_number = models.CharField(max_length=22, blank=True, default="")
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.ROUTINE)
    # An order of another system: its name ("HIS"), its own number there (its ORC-2), who ordered it as that system
    # says, and from when it holds. Nobody has signed it here.
    origin = models.CharField(max_length=60, blank=True, default="", db_default="")
    origin_number = models.CharField(max_length=75, blank=True, default="", db_default="")
    prescriber_as_sent = models.CharField(max_length=160, blank=True, default="", db_default="")
    effective_at = models.DateTimeField(null=True, blank=True)
    # Once, at this time (FHIR occurrenceDateTime); empty: daily, for `days` days, to `until_on` where that was said.
    occurrence_at = models.DateTimeField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    code = models.CharField(max_length=20, blank=True, default="", help_text="of the facility's catalogue")
    text = models.CharField(max_length=300, help_text="as written: name, strength")
    note = models.CharField(max_length=300, blank=True, default="")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authored_at = models.DateTimeField(default=now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # For how many days; the entry's own day is the first.
    days = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="continued_by"
    )
    status_reason = models.CharField(max_length=200, blank=True, default="")
    status_changed_at = models.DateTimeField(null=True, blank=True)
    status_changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Which system changed the status, where no person did ("LIS").
    status_changed_as = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "entered-in-error", "revoked"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="%(class)s_in_effect_is_confirmed",
            ),
            models.CheckConstraint(condition=~Q(based_on=F("id")), name="%(class)s_not_based_on_itself"),
            models.UniqueConstraint(
                fields=["facility", "placer_number"],
                condition=~Q(placer_number=""),
                name="one_%(class)s_per_placer_number",
            ),
            models.CheckConstraint(
                condition=Q(origin="", entry__isnull=False)
                | (~Q(origin="") & ~Q(origin_number="") & Q(effective_at__isnull=False)),
                name="%(class)s_is_of_an_entry_or_of_another_system",
            ),
            # A change of the other system's ends the row before it: one order there is one in effect here.
            models.UniqueConstraint(
                fields=["facility", "origin", "origin_number"],
                condition=Q(status__in=["draft", "active", "on-hold"]) & ~Q(origin=""),
                name="one_open_%(class)s_per_origin_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["facility", "origin_number"], condition=~Q(origin=""), name="%(class)s_of_origin"
            ),
            models.Index(fields=["encounter", "status"], name="%(class)s_of_stay"),
            models.Index(
                fields=["facility", "-confirmed_at"], condition=Q(status="active"), name="%(class)s_active"
            ),
        ]

    @property
    def happens_at(self) -> dt.datetime:
        """From when it holds: its entry's time, or what the other system says."""
        if self.origin and self.effective_at is not None:
            return self.effective_at
        return self.entry.happened_at if self.entry is not None else self.authored_at

    @property
    def is_ended(self) -> bool:
        """Stopped, or never held."""
        return self.status in {self.Status.REVOKED, self.Status.ENTERED_IN_ERROR}


class MedicationRequest(Order):
    """A medicine or an infusion (FHIR MedicationRequest)."""

    class Meal(models.TextChoices):
        BEFORE = "before", _("before meals")
        WITH = "with", _("with meals")
        AFTER = "after", _("after meals")

    class BeforeEvent(models.TextChoices):
        SURGERY = "surgery", _("before surgery")
        PROCEDURE = "procedure", _("before a procedure")

    ingredient = models.CharField(max_length=200, blank=True, default="")
    route = models.CharField(max_length=10, help_text="code of system medicine-route")
    dose = models.DecimalField(
        max_digits=9,
        decimal_places=3,
        validators=[MinValueValidator(Decimal("0.001"))],
        help_text="at one time",
    )
    dose_unit = models.CharField(max_length=20)
    times_per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    times = ArrayField(models.CharField(max_length=5), default=list, blank=True, help_text="local, HH:mm")
    rate = models.CharField(
        max_length=40, blank=True, default="", help_text="of an infusion: 30 giọt/phút, 80 mL/h"
    )
    diluent = models.CharField(max_length=200, blank=True, default="")
    as_needed = models.BooleanField(default=False)
    as_needed_for = models.CharField(max_length=120, blank=True, default="")
    # Limits of what is given when needed, doses in `dose_unit` (FHIR maxDosePerAdministration, maxDosePerPeriod).
    most_per_dose = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    most_per_day = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    least_hours_between = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    meal = models.CharField(max_length=6, choices=Meal, blank=True, default="")
    supply = models.CharField(
        max_length=10,
        default="pharmacy",
        choices=[("pharmacy", _("Pharmacy")), ("ward", _("Ward stock")), ("own", _("Patient's own"))],
    )
    # Shapes: `encounters.orders.regimens`. Of a taper `dose` is the present step's, of a scale its highest line's.
    steps = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    # When the taper began, of an order that carries one on; empty: with this order.
    steps_from = models.DateTimeField(null=True, blank=True)
    scale = models.JSONField(default=dict, blank=True, db_default=models.Value({}, models.JSONField()))
    hold_if = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    # Once, at most so many minutes before it; when it is, is told on the ward.
    before_event = models.CharField(max_length=9, choices=BeforeEvent, blank=True, default="", db_default="")
    minutes_before = models.PositiveSmallIntegerField(null=True, blank=True)
    # Ngày dùng thứ …: printed for antibiotics, steroids, narcotics.
    day_number = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(Order.Meta):
        constraints = [
            *Order.Meta.constraints,
            models.CheckConstraint(condition=Q(dose__gt=0), name="a_dose_is_more_than_nothing"),
            models.CheckConstraint(
                condition=Q(as_needed=True)
                | Q(occurrence_at__isnull=False)
                | ~Q(before_event="")
                | Q(times_per_day__isnull=False, times_per_day__gte=1),
                name="a_medicine_says_how_often",
            ),
            models.CheckConstraint(
                condition=Q(as_needed=False) | ~Q(as_needed_for=""), name="as_needed_says_for_what"
            ),
            models.CheckConstraint(
                condition=(Q(most_per_dose=None) | Q(most_per_dose__gt=0))
                & (Q(most_per_day=None) | Q(most_per_day__gt=0))
                & (Q(least_hours_between=None) | Q(least_hours_between__gt=0)),
                name="a_limit_is_more_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(steps=[]) | Q(scale={}, as_needed=False, occurrence_at=None, before_event=""),
                name="a_taper_is_given_by_the_clock",
            ),
            models.CheckConstraint(
                condition=Q(before_event="", minutes_before=None)
                | (~Q(before_event="") & Q(minutes_before__gt=0, as_needed=False, occurrence_at=None)),
                name="before_an_event_says_how_long_before",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("entry_id", "documents_document"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def taper(self) -> tuple[TaperStep, ...]:
        """The steps of a taper; () of most orders."""
        return read_steps(self.steps)

    @property
    def by_scale(self) -> Scale | None:
        """How much by a measured value; None of most orders."""
        return read_scale(self.scale)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """What forbids a dose."""
        return read_holds(self.hold_if)


class ServiceRequest(Order):
    """A test, image, procedure, diet, care level or observation (FHIR ServiceRequest)."""

    class Category(models.TextChoices):
        LABORATORY = "laboratory", _("Laboratory")
        IMAGING = "imaging", _("Imaging")
        PROCEDURE = "procedure", _("Procedure")
        DIET = "diet", _("Diet")
        CARE_LEVEL = "care-level", _("Care level")
        MONITORING = "monitoring", _("Monitoring")

    category = models.CharField(max_length=12, choices=Category)
    frequency = models.CharField(max_length=80, blank=True, default="", help_text="mỗi 4 giờ, 3 bữa")
    clinical_question = models.CharField(max_length=300, blank=True, default="")
    specimen = models.CharField(
        max_length=20, blank=True, default="", help_text="code of system specimen-type"
    )
    body_site = models.CharField(max_length=120, blank=True, default="")
    call_to = models.CharField(
        max_length=120, blank=True, default="", help_text="whom to phone with the result"
    )
    # Of an image: DICOM (0008,0050), VR SH, at most 16 characters.
    accession_number = models.CharField(max_length=16, blank=True, default="")
    # A test that the laboratory added because of what this one showed (reflex testing), and why.
    reflex_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reflexes"
    )
    reflex_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta(Order.Meta):
        constraints = [
            *Order.Meta.constraints,
            # The laboratory rejects a second open request of one entry for the same test; refuse it before it leaves.
            models.UniqueConstraint(
                fields=["entry", "category", "code"],
                condition=Q(status__in=["draft", "active", "on-hold"]) & ~Q(code="") & Q(origin=""),
                name="one_open_request_per_code_and_entry",
            ),
            models.CheckConstraint(
                condition=Q(reflex_of=None) | (~Q(origin="") & ~Q(reflex_of=F("id"))),
                name="a_reflex_is_the_laboratorys",
            ),
            models.UniqueConstraint(
                fields=["facility", "accession_number"],
                condition=~Q(accession_number=""),
                name="one_request_per_accession_number",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("entry_id", "documents_document"),
            SameFacility("reflex_of_id", "orders_servicerequest"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def accession_system(self) -> str:
        """Whose accession numbers these are (FHIR Identifier.system, DICOM Issuer of Accession Number)."""
        return f"urn:benhanmo:accession:{self.facility.code}"
