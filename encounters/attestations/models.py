"""Papers handed out under a number. What is written on them is a document; a number once given stays given."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.attestations.kinds import KINDS, LEAVES, ONCE


class DateRange(Func):
    """`daterange(from, to, '[]')`: both days belong to it."""

    function = "DATERANGE"
    output_field = DateRangeField()


class PaperSeries(FacilityRecord):
    """The last number given of a kind in a year; its row is locked until the transaction that took a number ends."""

    kind = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "year"], name="one_series_of_papers_a_kind_and_year"
            )
        ]
        triggers = [
            RowHistory(),
            pgtrigger.Protect(
                name="numbers_only_grow",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__last__lte=pgtrigger.F("old__last")),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class Attestation(FacilityRecord):
    """One paper: begun, numbered as its document is frozen for signing, issued with the last signature; then immutable."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("paper", "Draft")
        NUMBERED = "numbered", pgettext_lazy("paper", "Waits for signatures")
        ISSUED = "issued", pgettext_lazy("paper", "Issued")
        REPLACED = "replaced", pgettext_lazy("paper", "Issued again since")
        CANCELLED = "cancelled", pgettext_lazy("paper", "Cancelled")
        RECALLED = "recalled", pgettext_lazy("paper", "Recalled")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="attestations")
    document = models.OneToOneField(
        "documents.Document", on_delete=models.PROTECT, related_name="attestation"
    )
    kind = models.CharField(max_length=12, help_text="code of `encounters.attestations.kinds`")
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    # Cấp lại lần n: a paper of its own that names the one before.
    copy_number = models.PositiveSmallIntegerField(default=0)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reissues"
    )
    reissue_reason = models.CharField(max_length=200, blank=True, default="")

    year = models.PositiveSmallIntegerField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    number = models.CharField(max_length=30, blank=True, default="", help_text="as printed: 000123/2026/GRV")
    numbered_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)

    # From the answers, as the number was given: the days of leave, or how long the paper may be used.
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    overlap_reason = models.CharField(max_length=200, blank=True, default="")
    # Short words that the author keeps on purpose, and why.
    kept_words = models.JSONField(default=list, blank=True)
    kept_reason = models.CharField(max_length=200, blank=True, default="")

    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["facility", "kind", "-year", "-sequence"], name="register_of_papers"),
            models.Index(fields=["encounter", "kind"], name="papers_of_a_stay"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "year", "sequence"], name="a_number_is_given_once"
            ),
            models.UniqueConstraint(
                fields=["encounter", "kind", "copy_number"],
                condition=Q(status__in=["draft", "numbered", "issued"], kind__in=sorted(ONCE)),
                name="one_standing_paper_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(status__in=["draft", "numbered", "issued", "replaced"]),
                name="one_reissue_of_a_paper",
            ),
            models.CheckConstraint(
                condition=Q(number="", year=None, sequence=None, numbered_at=None)
                | (~Q(number="") & Q(year__isnull=False, sequence__isnull=False, numbered_at__isnull=False)),
                name="a_number_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | ~Q(number=""),
                name="what_is_signed_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "numbered", "cancelled"]) | Q(issued_at__isnull=False),
                name="an_issued_paper_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["cancelled", "recalled"]) | ~Q(end_reason=""),
                name="a_paper_taken_back_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None, copy_number=0, reissue_reason="")
                | (Q(replaces__isnull=False, copy_number__gt=0) & ~Q(reissue_reason="")),
                name="a_reissue_says_of_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="a_paper_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="leaves_dont_overlap",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (DateRange("starts_on", "ends_on", Value("[]")), RangeOperators.OVERLAPS),
                ],
                condition=Q(
                    kind__in=sorted(LEAVES),
                    status__in=["numbered", "issued"],
                    starts_on__isnull=False,
                    replaces=None,
                    overlap_reason="",
                ),
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("document_id", "documents_document"),
            SameFacility("replaces_id", "attestations_attestation"),
            pgtrigger.ReadOnly(
                name="whose_paper_stays",
                fields=["facility", "patient", "encounter", "document", "kind", "copy_number", "replaces"],
            ),
            pgtrigger.Protect(
                name="a_given_number_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__number="")
                & (
                    pgtrigger.Q(new__number__df=pgtrigger.F("old__number"))
                    | pgtrigger.Q(new__sequence__df=pgtrigger.F("old__sequence"))
                    | pgtrigger.Q(new__year__df=pgtrigger.F("old__year"))
                ),
            ),
            pgtrigger.Protect(
                name="an_issued_paper_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["issued", "replaced", "recalled", "cancelled"])
                & (
                    pgtrigger.Q(new__status__in=["draft", "numbered"])
                    | pgtrigger.Q(new__starts_on__df=pgtrigger.F("old__starts_on"))
                    | pgtrigger.Q(new__ends_on__df=pgtrigger.F("old__ends_on"))
                    | pgtrigger.Q(new__issued_at__df=pgtrigger.F("old__issued_at"))
                ),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.kind} {self.uuid}"

    @property
    def words(self) -> str:
        """What the kind is called."""
        return str(KINDS[self.kind].words)

    @property
    def stands(self) -> bool:
        """Whether it is issued and nothing was said against it since."""
        return self.status == self.Status.ISSUED


class PaperHandover(FacilityRecord):
    """Who took a paper, as whom, when, how many copies. Insert-only."""

    attestation = models.ForeignKey(Attestation, on_delete=models.PROTECT, related_name="handovers")
    # Made by the page: the same sent twice is one.
    key = models.UUIDField()
    receiver_name = models.CharField(max_length=160)
    relationship = models.CharField(max_length=60, blank=True, default="", help_text="empty: the patient")
    id_number = models.CharField(max_length=20, blank=True, default="")
    copies = models.PositiveSmallIntegerField(default=1)
    handed_at = models.DateTimeField(default=now)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["handed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_handing_over_per_key"),
            models.CheckConstraint(condition=~Q(receiver_name=""), name="who_took_the_paper_has_a_name"),
            models.CheckConstraint(condition=Q(copies__gte=1, copies__lte=20), name="copies_are_counted"),
        ]
        triggers = [AppendOnly(), SameFacility("attestation_id", "attestations_attestation")]

    def __str__(self) -> str:
        return f"{self.attestation_id} {self.receiver_name}"


class Abbreviation(FacilityRecord):
    """A short word that this hospital writes, and what it is in full: proposed wherever papers leave the house (R-05)."""

    short = models.CharField(max_length=12, verbose_name=_("Short"))
    full = models.CharField(max_length=120, verbose_name=_("In full"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "short"], name="one_meaning_of_a_short_word")
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.short}: {self.full}"
