"""Wounds: where each is, how it looked each time, with photographs. Insert-only; what was wrong is taken back by a row."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class Wound(FacilityRecord):
    """One wound of a patient in a stay; its course is in its assessments."""

    class Kind(models.TextChoices):
        SURGICAL = "surgical", pgettext_lazy("wound", "Surgical wound")
        PRESSURE = "pressure", pgettext_lazy("wound", "Pressure sore")
        TRAUMA = "trauma", pgettext_lazy("wound", "Injury")
        BURN = "burn", pgettext_lazy("wound", "Burn")
        DIABETIC = "diabetic", pgettext_lazy("wound", "Diabetic foot")
        VASCULAR = "vascular", pgettext_lazy("wound", "Leg ulcer")
        STOMA = "stoma", pgettext_lazy("wound", "Drain or stoma")
        OTHER = "other", pgettext_lazy("wound", "Another wound")

    class Site(models.TextChoices):
        HEAD = "head", pgettext_lazy("body", "Head, face")
        NECK = "neck", pgettext_lazy("body", "Neck")
        CHEST = "chest", pgettext_lazy("body", "Chest")
        ABDOMEN = "abdomen", pgettext_lazy("body", "Abdomen")
        BACK = "back", pgettext_lazy("body", "Back")
        SACRUM = "sacrum", pgettext_lazy("body", "Sacrum")
        HIP = "hip", pgettext_lazy("body", "Hip")
        BUTTOCK = "buttock", pgettext_lazy("body", "Buttock")
        PERINEUM = "perineum", pgettext_lazy("body", "Perineum")
        SHOULDER = "shoulder", pgettext_lazy("body", "Shoulder")
        ARM = "arm", pgettext_lazy("body", "Arm")
        HAND = "hand", pgettext_lazy("body", "Hand")
        THIGH = "thigh", pgettext_lazy("body", "Thigh")
        LEG = "leg", pgettext_lazy("body", "Lower leg")
        HEEL = "heel", pgettext_lazy("body", "Heel")
        FOOT = "foot", pgettext_lazy("body", "Foot")
        OTHER = "other", pgettext_lazy("body", "Elsewhere")

    class Side(models.TextChoices):
        NONE = "", pgettext_lazy("body", "no side")
        LEFT = "left", pgettext_lazy("body", "left")
        RIGHT = "right", pgettext_lazy("body", "right")
        BOTH = "both", pgettext_lazy("body", "both sides")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="wounds")
    kind = models.CharField(max_length=8, choices=Kind)
    site = models.CharField(max_length=8, choices=Site)
    side = models.CharField(max_length=5, choices=Side, blank=True, default="")
    place = models.CharField(max_length=120, blank=True, default="", help_text="where exactly, in words")
    began_on = models.DateField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)

    append_only = True

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["encounter"], name="wounds_of_stay")]
        constraints = [models.UniqueConstraint(fields=["facility", "key"], name="one_wound_per_key")]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.site} {self.side}".strip()

    @property
    def where(self) -> str:
        """Site and side in words: "Gót chân trái, mặt ngoài"."""
        side = str(self.get_side_display()) if self.side else ""
        words = " ".join(word for word in (str(self.get_site_display()), side) if word)
        return f"{words}, {self.place}" if self.place else words


class WoundAssessment(FacilityRecord):
    """How a wound looked at one time; lengths in millimetres. Insert-only: a row that `replaces` takes one back."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("wound", "As before, or first seen")
        BETTER = "better", pgettext_lazy("wound", "Better")
        WORSE = "worse", pgettext_lazy("wound", "Worse")
        HEALED = "healed", pgettext_lazy("wound", "Healed")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("wound", "Taken back")

    class Stage(models.TextChoices):
        """Of pressure sores (NPIAP 2016)."""

        NONE = "", pgettext_lazy("wound", "not staged")
        ONE = "1", pgettext_lazy("wound", "Stage 1: redness that stays")
        TWO = "2", pgettext_lazy("wound", "Stage 2: partial loss of skin")
        THREE = "3", pgettext_lazy("wound", "Stage 3: full loss of skin")
        FOUR = "4", pgettext_lazy("wound", "Stage 4: down to muscle or bone")
        UNSTAGEABLE = "u", pgettext_lazy("wound", "Can't be staged")
        DEEP = "d", pgettext_lazy("wound", "Deep tissue injury")

    class Exudate(models.TextChoices):
        NONE = "none", pgettext_lazy("wound", "None")
        LITTLE = "little", pgettext_lazy("wound", "Little")
        MODERATE = "moderate", pgettext_lazy("wound", "Moderate")
        MUCH = "much", pgettext_lazy("wound", "Much")

    wound = models.ForeignKey(Wound, on_delete=models.PROTECT, related_name="assessments")
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    stage = models.CharField(max_length=1, choices=Stage, blank=True, default="")
    length_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    width_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    depth_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    exudate = models.CharField(max_length=8, choices=Exudate, blank=True, default="")
    tissue = models.CharField(max_length=200, blank=True, default="", help_text="bed, edges, skin around")
    pain = models.PositiveSmallIntegerField(null=True, blank=True)
    treatment = models.CharField(max_length=500, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    late_reason = models.CharField(max_length=200, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["wound", "happened_at"], name="course_of_wound")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_wound_assessment_per_key"),
            models.CheckConstraint(
                condition=(Q(state="entered-in-error", replaces__isnull=False) & ~Q(note=""))
                | (~Q(state="entered-in-error") & Q(replaces=None)),
                name="a_wound_is_taken_back_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(pain=None) | Q(pain__lte=10), name="a_wounds_pain_is_up_to_ten"
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="a_wound_row_replaces_another"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("wound_id", "bedside_wound"),
            SameFacility("replaces_id", "bedside_woundassessment"),
        ]

    def __str__(self) -> str:
        return f"{self.wound_id} {self.happened_at:%Y-%m-%d %H:%M}"

    @property
    def size(self) -> str:
        """Length × width × depth in centimetres, as far as they were measured: "4,5 × 3 × 0,5 cm"."""
        measured = [mm for mm in (self.length_mm, self.width_mm, self.depth_mm) if mm is not None]
        words = [f"{mm / 10:.1f}".removesuffix(".0").replace(".", ",") for mm in measured]
        return f"{' × '.join(words)} cm" if words else ""

    @property
    def area_cm2(self) -> float | None:
        """Length times width in square centimetres; None where one wasn't measured."""
        if self.length_mm is None or self.width_mm is None:
            return None
        return round(self.length_mm * self.width_mm / 100, 1)


class WoundPhoto(FacilityRecord):
    """A photograph of a wound at one time: a JPEG made anew from what was sent, without anything but the picture."""

    assessment = models.ForeignKey(WoundAssessment, on_delete=models.PROTECT, related_name="photos")
    position = models.PositiveSmallIntegerField()
    attachment = models.ForeignKey("storage.Attachment", on_delete=models.PROTECT, related_name="+")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    append_only = True

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "position"], name="one_wound_photo_per_position")
        ]
        triggers = [
            AppendOnly(),
            SameFacility("assessment_id", "bedside_woundassessment"),
            SameFacility("attachment_id", "storage_attachment"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.position}"
