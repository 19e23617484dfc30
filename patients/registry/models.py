"""Who the patients are: one row a person and facility, their numbers, their people, and who cares for them."""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from emr.common.vietnamese import fold, sort_key, tidy
from patients.registry import systems
from patients.registry.phones import phone_digits

VIETNAM = "VN"


class Confidentiality(models.TextChoices):
    """How closely a chart is kept (codes of HL7 Confidentiality)."""

    NORMAL = "N", _("Normal")
    RESTRICTED = "R", _("Restricted")
    VERY_RESTRICTED = "V", _("Very restricted")


class ConfidentialityReason(models.TextChoices):
    """Why a chart is kept closely; shown to those who see the chart, to nobody else."""

    HIV = "hiv", _("HIV")
    PSYCHIATRY = "psychiatry", _("Psychiatry")
    STAFF = "staff", _("Member of staff as patient")
    OTHER = "other", _("Other reason")


class Patient(FacilityRecord):
    """A person who is or was cared for at one facility (FHIR Patient; regulation §3.3 I).

    Changeable, with every earlier state kept by trigger. `version` grows with each change: forms send back the one
    they showed, so that two clerks can't overwrite each other unseen.
    """

    class Sex(models.TextChoices):
        MALE = "male", _("Male")
        FEMALE = "female", _("Female")
        OTHER = "other", _("Other")
        UNKNOWN = "unknown", _("Unknown")

    class Precision(models.TextChoices):
        DAY = "day", _("Day, month and year")
        MONTH = "month", _("Month and year")
        YEAR = "year", _("Year alone")
        UNKNOWN = "unknown", _("Unknown")

    full_name = models.CharField(max_length=160)
    sort_key = models.CharField(max_length=1200, editable=False)
    search_name = models.CharField(max_length=160, editable=False)
    # A birth date only when its day is known; old papers have a year alone.
    birth_date = models.DateField(null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_precision = models.CharField(
        max_length=7, choices=Precision, default=Precision.UNKNOWN, editable=False
    )
    birth_order = models.PositiveSmallIntegerField(null=True, blank=True, help_text="of twins and more")
    sex = models.CharField(max_length=7, choices=Sex, default=Sex.UNKNOWN)
    nationality = models.CharField(max_length=8, default=VIETNAM, help_text="code of system country")
    ethnic_group = models.CharField(max_length=8, blank=True, default="")
    occupation = models.CharField(max_length=8, blank=True, default="")
    workplace = models.CharField(max_length=200, blank=True, default="")
    # House, street, hamlet; then codes of the two levels in force since 01/07/2025.
    address_line = models.CharField(max_length=200, blank=True, default="")
    commune = models.CharField(max_length=8, blank=True, default="")
    province = models.CharField(max_length=8, blank=True, default="")
    # As a card or an older system wrote it, three levels and all; never rewritten.
    address_text = models.CharField(max_length=400, blank=True, default="")
    phone = models.CharField(max_length=30, blank=True, default="")
    phone_digits = models.CharField(max_length=20, blank=True, default="", editable=False)
    other_phone = models.CharField(max_length=30, blank=True, default="")
    mother = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="newborns"
    )
    deceased_at = models.DateTimeField(null=True, blank=True)
    is_temporary = models.BooleanField(default=False, help_text="nobody can name this person yet (R-11)")
    description = models.CharField(max_length=400, blank=True, default="", help_text="of an unknown person")
    # FHIR's code of confidentiality: of R and V only the people whom the rule names see anything (S-05).
    confidentiality = models.CharField(
        max_length=1,
        choices=Confidentiality,
        default=Confidentiality.NORMAL,
        db_default=Confidentiality.NORMAL,
    )
    confidentiality_reason = models.CharField(
        max_length=10, choices=ConfidentialityReason, blank=True, default="", db_default=""
    )
    # The last survivor of the merges in force, derived from MergeLink; charts follow it, nothing is re-pointed.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_precision="day", birth_date__isnull=False, birth_year__isnull=False)
                | Q(
                    birth_precision="month",
                    birth_date=None,
                    birth_month__range=(1, 12),
                    birth_year__isnull=False,
                )
                | Q(birth_precision="year", birth_date=None, birth_month=None, birth_year__isnull=False)
                | Q(birth_precision="unknown", birth_date=None, birth_month=None, birth_year=None),
                name="birth_says_how_exact_it_is",
            ),
            models.CheckConstraint(
                condition=Q(confidentiality="N", confidentiality_reason="")
                | (Q(confidentiality__in=["R", "V"]) & ~Q(confidentiality_reason="")),
                name="restriction_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="nobody_merged_into_themselves"),
            models.CheckConstraint(condition=~Q(mother=F("id")), name="nobody_is_their_own_mother"),
        ]
        indexes = [
            # Words are found by their beginnings; the blank in front makes the first word one like the others.
            GinIndex(
                OpClass(Concat(Value(" "), F("search_name")), name="gin_trgm_ops"), name="patient_name_words"
            ),
            models.Index(fields=["facility", "search_name", "birth_year"], name="patient_same_name"),
            models.Index(fields=["facility", "birth_date"], name="patient_born_that_day"),
            models.Index(
                OpClass("phone_digits", name="varchar_pattern_ops"),
                name="patient_phone",
                condition=~Q(phone_digits=""),
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("mother_id", "registry_patient"),
            SameFacility("merged_into_id", "registry_patient"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: object, **kwargs: object) -> None:
        self.derive()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def derive(self) -> None:
        """Fill what follows from other fields; `save` does, and who writes many rows at once."""
        self.full_name = tidy(self.full_name)
        self.sort_key, self.search_name = sort_key(self.full_name), fold(self.full_name)
        self.phone_digits = phone_digits(self.phone)
        self.birth_precision = self._exactness()

    def _exactness(self) -> str:
        if self.birth_date is not None:
            self.birth_year, self.birth_month = self.birth_date.year, self.birth_date.month
            return self.Precision.DAY
        if self.birth_year is None:
            self.birth_month = None
            return self.Precision.UNKNOWN
        return self.Precision.YEAR if self.birth_month is None else self.Precision.MONTH

    @property
    def root_id(self) -> int:
        """The survivor's id, or this row's own."""
        return self.merged_into_id or self.pk

    @property
    def is_restricted(self) -> bool:
        """Whether only the people whom the rule names see the chart."""
        return self.confidentiality != Confidentiality.NORMAL

    @property
    def is_merged(self) -> bool:
        """Whether the chart is now read under another row."""
        return self.merged_into_id is not None


class Identifier(FacilityRecord):
    """A number by which a patient is known (FHIR Identifier), as a string with its leading zeros (R-12).

    The facility's own numbers are unique by constraint. A citizen number is checked and flagged when two people show
    the same one, never refused: shared, cancelled and mistaken ones exist.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(max_length=60)
    value = models.CharField(max_length=40)
    is_own = models.BooleanField(default=False, help_text="issued by the facility itself")
    is_active = models.BooleanField(default=True)
    is_shared = models.BooleanField(default=False, help_text="another patient shows the same number")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "system", "value"],
                condition=Q(is_own=True),
                name="own_numbers_are_unique",
            ),
            models.UniqueConstraint(
                fields=["patient", "system", "value"], name="number_held_once_by_a_patient"
            ),
            models.UniqueConstraint(
                fields=["patient", "system"],
                condition=Q(is_own=True, is_active=True),
                name="one_own_number_at_a_time",
            ),
        ]
        indexes = [models.Index(OpClass("value", name="varchar_pattern_ops"), name="identifier_value")]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.value

    @property
    def kind_text(self) -> str:
        """What the number is called on pages."""
        return systems.label(self.system)


class RelatedPerson(FacilityRecord):
    """Somebody of the patient's: whom to notify, who may decide and sign for them (FHIR RelatedPerson; R-14)."""

    class Basis(models.TextChoices):
        """Why this person may sign for the patient."""

        PARENT = "parent", _("Parent of a minor")
        GUARDIAN = "guardian", _("Guardian")
        SPOUSE = "spouse", _("Spouse")
        ADULT_CHILD = "adult-child", _("Adult child")
        RELATIVE = "relative", _("Other close relative")
        WRITTEN = "written", _("Written authorisation")
        COURT = "court", _("Decision of a court")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="related_people")
    full_name = models.CharField(max_length=160)
    relationship = models.CharField(max_length=8, help_text="code of system relationship")
    id_number = models.CharField(max_length=20, blank=True, default="")
    phone = models.CharField(max_length=30, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    is_contact = models.BooleanField(default=True, help_text="to be told when something happens")
    is_representative = models.BooleanField(default=False, help_text="may decide and sign")
    basis = models.CharField(max_length=12, choices=Basis, blank=True, default="")
    basis_reference = models.CharField(
        max_length=200, blank=True, default="", help_text="number and date of the paper, when there is one"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_representative=False) | ~Q(basis=""), name="representatives_have_a_basis"
            )
        ]
        ordering: ClassVar[list[str]] = ["-is_representative", "id"]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return self.full_name


class MergeLink(FacilityRecord):
    """Two rows are one person: the survivor's chart shows both. Undone by an end, never by a change of other rows."""

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    duplicate = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merge_links")
    reason = models.CharField(max_length=400)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    merged_at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undone_reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["duplicate"], condition=Q(undone_at=None), name="merged_once_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(survivor=F("duplicate")), name="no_merge_with_oneself"),
        ]
        triggers = [
            RowHistory(),
            SameFacility("survivor_id", "registry_patient"),
            SameFacility("duplicate_id", "registry_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate_id} → {self.survivor_id}"


class CareContext(FacilityRecord):
    """Who cares for a patient, from when to when: the one table that scoped querysets read (S-01, S-04).

    Filled by visits, restrictions, emergency access and lists for inspectors; `source` names the row it comes from
    ("encounter:12").
    """

    # Of these the days after care to finish papers aren't given: over is over.
    EMERGENCY, NAMED, LISTED = "break-glass", "named", "listed"
    # Listed by a mandate that says in so many words that the chart is kept closely.
    LISTED_CLOSELY = "listed-closely"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_contexts")
    department = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    practitioner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=30, default="encounter")
    source = models.CharField(max_length=60, blank=True, default="")
    # Of a listed chart the one stay that may be read; its number alone, since this room knows no stays.
    only_stay = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(department__isnull=False) | Q(practitioner__isnull=False),
                name="care_is_given_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="care_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(fields=["department", "ends_at"], include=["patient"], name="care_of_department"),
            models.Index(
                fields=["practitioner", "ends_at"],
                include=["patient"],
                name="care_of_practitioner",
                condition=Q(practitioner__isnull=False),
            ),
            models.Index(fields=["source"], name="care_by_source"),
        ]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.reason}"

    def is_open(self, at: dt.datetime | None = None) -> bool:
        """Whether the care lasts at the instant (now when none is given)."""
        moment = at or now()
        return self.starts_at <= moment and (self.ends_at is None or self.ends_at > moment)


class Registration(FacilityRecord):
    """A form that was carried out: sent twice, it answers the same patient (idempotency key)."""

    key = models.CharField(max_length=64)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "key"], name="one_patient_per_form")]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return self.key


class NumberSeries(FacilityRecord):
    """The last number given out of one of the facility's series; gaps are allowed."""

    system = models.CharField(max_length=60)
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "system"], name="one_series_per_system")]

    def __str__(self) -> str:
        return f"{self.system} {self.last}"
