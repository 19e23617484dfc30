"""What was done with a dose. Facts never change: a mistake is taken back, beside its reason."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.medicines.models.doses import DueDose


class MedicationAdministration(FacilityRecord):
    """A dose was given, begun, or not given, and why (FHIR MedicationAdministration). One that holds for each dose."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in-progress", pgettext_lazy("administration", "running")
        COMPLETED = "completed", pgettext_lazy("administration", "given")
        NOT_DONE = "not-done", pgettext_lazy("administration", "not given")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("administration", "entered in error")

    class How(models.TextChoices):
        SCAN = "scan", _("Wristband and label scanned")
        HAND = "hand", _("Without a scan")

    class Site(models.TextChoices):
        LEFT_ARM = "LA", _("Left upper arm")
        RIGHT_ARM = "RA", _("Right upper arm")
        LEFT_THIGH = "LT", _("Left thigh")
        RIGHT_THIGH = "RT", _("Right thigh")
        LEFT_BUTTOCK = "LG", _("Left buttock")
        RIGHT_BUTTOCK = "RG", _("Right buttock")
        ABDOMEN = "ABD", _("Abdomen")
        LEFT_FOREARM = "LFA", _("Vein of the left forearm or hand")
        RIGHT_FOREARM = "RFA", _("Vein of the right forearm or hand")
        CENTRAL = "CVC", _("Central venous line")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, related_name="administrations"
    )
    dose = models.ForeignKey(DueDose, on_delete=models.PROTECT, related_name="administrations")
    status = models.CharField(max_length=16, choices=Status)
    # Made on the device: the same giving sent twice is one.
    key = models.UUIDField()
    # When it happened (by the server's clock), as the device's clock had it, and `created_at`: when it arrived.
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    is_replay = models.BooleanField(default=False, help_text="kept on the device while the network was away")
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    amount = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    how = models.CharField(max_length=4, choices=How)
    hand_reason = models.CharField(max_length=200, blank=True, default="")
    site = models.CharField(max_length=3, choices=Site, blank=True, default="")
    batch = models.CharField(max_length=40, blank=True, default="")
    expires_on = models.DateField(null=True, blank=True)
    # Of a package that was scanned (GS1).
    gtin = models.CharField(max_length=14, blank=True, default="", db_default="")
    serial = models.CharField(max_length=20, blank=True, default="", db_default="")
    reason = models.CharField(max_length=30, blank=True, default="", help_text="code of the facility's list")
    reason_text = models.CharField(max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="of an infusion")
    volume_ml = models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)
    # Of an order with a scale: the value that chose the amount, and the line, in words.
    observation = models.ForeignKey(
        "results.Observation", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    scale_line = models.CharField(max_length=160, blank=True, default="", db_default="")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_back_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["happened_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_administration_per_key"),
            # F-22: two devices, one dose: one of them wins, in the database.
            models.UniqueConstraint(
                fields=["dose"],
                condition=~Q(status="entered-in-error"),
                name="one_administration_holds_per_dose",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["completed", "in-progress"]) | Q(amount__gt=0, amount__isnull=False),
                name="what_was_given_says_how_much",
            ),
            models.CheckConstraint(
                condition=~Q(status="not-done") | (~Q(reason="") & Q(amount=None)),
                name="what_was_not_given_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(how="hand") | Q(amount=None) | ~Q(hand_reason=""),
                name="given_without_a_scan_says_why",
            ),
            models.CheckConstraint(
                condition=Q(observation=None, scale_line="")
                | (Q(observation__isnull=False) & ~Q(scale_line="")),
                name="a_scale_that_was_used_says_its_line",
            ),
            models.CheckConstraint(
                condition=Q(witness=None) | ~Q(witness=F("performer")), name="a_witness_is_somebody_else"
            ),
            models.CheckConstraint(
                condition=(~Q(status="entered-in-error") & Q(taken_back_at=None, taken_back_by=None))
                | (
                    Q(status="entered-in-error", taken_back_at__isnull=False, taken_back_by__isnull=False)
                    & ~Q(taken_back_reason="")
                ),
                name="what_was_taken_back_says_why",
            ),
        ]
        indexes = [models.Index(fields=["encounter", "happened_at"], name="administrations_of_stay")]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("dose_id", "medicines_duedose"),
            SameFacility("performer_id", "accounts_user"),
            SameFacility("witness_id", "accounts_user"),
            SameFacility("observation_id", "results_observation"),
            SameFacility("taken_back_by_id", "accounts_user"),
            pgtrigger.ReadOnly(
                name="what_was_done_stays",
                fields=[
                    "facility", "encounter", "dose", "key", "happened_at", "told_at", "is_replay", "performer",
                    "witness", "how", "hand_reason", "site", "batch", "expires_on", "reason", "reason_text",
                    "observation", "scale_line", "gtin", "serial",
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.dose_id} {self.status}"


class InfusionStep(FacilityRecord):
    """A step of an infusion that runs: begun, another rate, paused, resumed, ended. Insert-only."""

    class Kind(models.TextChoices):
        START = "start", pgettext_lazy("infusion", "Begun")
        RATE = "rate", pgettext_lazy("infusion", "Rate changed")
        PAUSE = "pause", pgettext_lazy("infusion", "Paused")
        RESUME = "resume", pgettext_lazy("infusion", "Goes on")
        END = "end", pgettext_lazy("infusion", "Ended")

    administration = models.ForeignKey(
        MedicationAdministration, on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(max_length=6, choices=Kind)
    key = models.UUIDField()
    at = models.DateTimeField()
    rate = models.CharField(max_length=40, blank=True, default="", help_text="30 giọt/phút, 80 mL/h")
    # What had gone in at this moment, as read off the bottle or the pump.
    volume_ml = models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_infusion_step_per_key"),
            models.UniqueConstraint(
                fields=["administration"], condition=Q(kind="end"), name="an_infusion_ends_once"
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("administration_id", "medicines_medicationadministration"),
            SameFacility("by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.administration_id} {self.kind}"


class GivingConflict(FacilityRecord):
    """A giving that came from a device afterwards and couldn't be kept as one: never dropped, somebody settles it (F-22)."""

    class Why(models.TextChoices):
        ANSWERED = "answered", _("Somebody else had answered this dose")
        ENDED = "ended", _("The dose wasn't wanted any more")
        RULE = "rule", _("A rule refused it")

    class Outcome(models.TextChoices):
        OPEN = "", pgettext_lazy("conflict", "Waits")
        SAME = "same", pgettext_lazy("conflict", "The same giving, written twice")
        SECOND = "second", pgettext_lazy("conflict", "It was given besides")
        NOTHING = "nothing", pgettext_lazy("conflict", "It wasn't given")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    dose = models.ForeignKey(DueDose, on_delete=models.PROTECT, related_name="conflicts")
    # Whose answer stood when it arrived.
    standing = models.ForeignKey(
        MedicationAdministration, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    why = models.CharField(max_length=8, choices=Why)
    refusal = models.CharField(max_length=300, blank=True, default="")
    key = models.UUIDField()
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # What was to be kept: {"amount", "site", "how", "hand_reason", "batch"}.
    told = models.JSONField(default=dict)
    outcome = models.CharField(max_length=7, choices=Outcome, default=Outcome.OPEN, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["happened_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_giving_conflict_per_key"),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None, settled_by=None)
                | (~Q(outcome="") & ~Q(note="") & Q(settled_at__isnull=False, settled_by__isnull=False)),
                name="a_settled_conflict_is_somebodys",
            ),
        ]
        indexes = [models.Index(fields=["facility"], condition=Q(outcome=""), name="giving_conflict_open")]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("dose_id", "medicines_duedose"),
            SameFacility("standing_id", "medicines_medicationadministration"),
            SameFacility("performer_id", "accounts_user"),
            SameFacility("settled_by_id", "accounts_user"),
            pgtrigger.ReadOnly(
                name="what_was_told_stays",
                fields=["facility", "dose", "standing", "why", "key", "happened_at", "performer", "told"],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.dose_id} {self.why}"
