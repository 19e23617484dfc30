"""What goes in and comes out, in millilitres. Insert-only: a correction is a new row that names the one it replaces."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility

LARGEST = 5000


class FluidEntry(FacilityRecord):
    """One amount, when it was so (`happened_at`) and when it arrived here (`created_at`). A volume of 0 takes one back."""

    class Kind(models.TextChoices):
        """As the care sheet counts them (37/BV2, 38/BV2); the prefix says which way."""

        IN_INFUSION = "in-infusion", _("Infusion")
        IN_BLOOD = "in-blood", _("Blood")
        IN_MEDICINE = "in-medicine", _("Medicines")
        IN_DRINK = "in-drink", _("Food and drink")
        IN_TUBE = "in-tube", _("Tube feeding")
        IN_OTHER = "in-other", _("Other, in")
        OUT_URINE = "out-urine", _("Urine")
        OUT_STOOL = "out-stool", _("Stool")
        OUT_VOMIT = "out-vomit", _("Vomit")
        OUT_DRAIN_1 = "out-drain-1", _("Drain 1")
        OUT_DRAIN_2 = "out-drain-2", _("Drain 2")
        OUT_BLOOD = "out-blood", _("Blood lost")
        OUT_OTHER = "out-other", _("Other, out")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="fluids")
    kind = models.CharField(max_length=12, choices=Kind)
    volume = models.PositiveIntegerField(help_text="mL")
    happened_at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")
    late_reason = models.CharField(max_length=200, blank=True, default="")
    # Made on the device: the same amount sent twice is stored once.
    key = models.UUIDField(default=uuid.uuid4)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["encounter", "happened_at"], name="fluid_course")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_fluid_entry_per_key"),
            models.CheckConstraint(condition=Q(volume__lte=LARGEST), name="a_fluid_entry_is_possible"),
            models.CheckConstraint(
                condition=Q(volume__gt=0) | Q(replaces__isnull=False), name="nothing_is_no_fluid"
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(note=""), name="a_fluid_correction_says_why"
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("replaces_id", "monitoring_fluidentry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.volume} mL"

    @property
    def is_in(self) -> bool:
        """Whether it went in."""
        return self.kind.startswith("in-")
