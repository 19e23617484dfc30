"""Signatures asked for, and signatures made; who signs a form after its author, and who signs for whom."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.documents.models import DocumentVersion
from signatures.certificates.models import Certificate


class Who(models.TextChoices):
    """Whom a place of a chain means."""

    HEAD = "head", _("Head of the document's department")
    ROLE = "role", _("Who holds the role")
    RIGHT = "right", _("Who holds the right")
    PERSON = "person", _("This person")
    MEMBERS = "members", _("The members whom the author names")
    SEAL = "seal", _("Keeper of the facility's seal")


class Needs(models.TextChoices):
    """How many of those meant sign."""

    ONE = "one", _("One of them")
    ALL = "all", _("Each of them, in any order")


class SigningChain(FacilityRecord):
    """Who signs a form after its author, from a day on, as the facility's signing regulation has it (R-17).

    Insert-only: a change is a new chain; the newest that had begun when a document was confirmed is that document's.
    A chain without places: the author alone. `as_shipped`: what the release brings counts again.
    """

    code = models.CharField(max_length=20, help_text="the form's code")
    starts_on = models.DateField()
    only_closing = models.BooleanField(
        default=False, help_text="of a record: only once its closing summary is written"
    )
    as_shipped = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True, default="", help_text="the decision it follows")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["facility", "code", "-starts_on"], name="signing_chain_of_form")]
        triggers = [AppendOnly(), SameFacility("changed_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.code} {self.starts_on}"


class ChainStep(FacilityRecord):
    """One place of a chain. Places of one position are signed in any order, each position after the one before."""

    chain = models.ForeignKey(SigningChain, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    who = models.CharField(max_length=7, choices=Who)
    code = models.CharField(max_length=60, blank=True, default="", help_text="of the role or the right")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    needs = models.CharField(max_length=3, choices=Needs, default=Needs.ONE)

    append_only = True

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(who="person", person__isnull=False) | (~Q(who="person") & Q(person=None)),
                name="a_person_is_named_where_one_is_meant",
            ),
            models.CheckConstraint(
                condition=(Q(who__in=["role", "right"]) & ~Q(code=""))
                | (~Q(who__in=["role", "right"]) & Q(code="")),
                name="a_role_or_right_is_named_where_one_is_meant",
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("chain_id", "signing_signingchain"),
            SameFacility("person_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.position} {self.who}"


class Delegation(FacilityRecord):
    """Somebody countersigns for somebody else from one day to another, both included."""

    class Manner(models.TextChoices):
        """As it stands before the capacity on paper (Decree 30/2020/NĐ-CP, Art. 13; Annex I, II.7)."""

        DEPUTY = "KT.", _("KT. (deputy in the chief's place)")
        ORDER = "TL.", _("TL. (by order, head of a subordinate unit)")
        AUTHORISED = "TUQ.", _("TUQ. (by written authorisation)")

    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_given_away"
    )
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_taken_on"
    )
    manner = models.CharField(max_length=4, choices=Manner, default=Manner.DEPUTY)
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(principal=F("delegate")), name="nobody_delegates_to_themselves"
            ),
            ExclusionConstraint(
                name="one_delegation_at_a_time",
                expressions=[
                    ("principal", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_on",
                            "ends_on",
                            Value("[]"),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(revoked_at=None),
            ),
        ]
        indexes = [models.Index(fields=["delegate", "ends_on"], name="delegation_taken_on")]
        triggers = [
            RowHistory(),
            SameFacility("principal_id", "accounts_user"),
            SameFacility("delegate_id", "accounts_user"),
            pgtrigger.ReadOnly(
                name="what_was_delegated_stays",
                fields=["facility", "principal", "delegate", "manner", "starts_on", "ends_on", "reason"],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.principal_id} → {self.delegate_id} {self.starts_on} – {self.ends_on}"


class SigningRequest(FacilityRecord):
    """One step of a document version's signing: who, in which place, why, and the bytes prepared for it.

    The bytes shown are those of `base_revision` followed by `tail`; only the tail is kept here. Preparing again
    replaces it, until the signature is made: from then on the database refuses.
    """

    class Status(models.TextChoices):
        PENDING = "pending"  # waits for its turn, or for a worker to prepare it
        READY = "ready"  # may be shown and signed until `expires_at`
        SIGNED = "signed"  # the signature value is stored; a worker embeds it
        COMPLETED = "completed"  # the signed PDF is stored
        FAILED = "failed"  # can't be prepared; `problem` says why
        REFUSED = "refused"  # the signer declined
        WITHDRAWN = "withdrawn"  # the version was replaced before it was signed

    OPEN = (Status.PENDING, Status.READY, Status.FAILED)
    # What a later turn waits for; a refusal too, until the author has answered it (`settled_at`).
    UNDER_WAY = (*OPEN, Status.SIGNED)

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="signing_requests")
    step = models.PositiveSmallIntegerField(help_text="1 is the author; as they were asked")
    turn = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="those of one turn sign in any order, after the turn before"
    )
    slot = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="of several asked for one place: who signs first signs for all"
    )
    chain_position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="the position of the form's chain that asked; none: a person asked"
    )
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_requests"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    delegation = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )
    is_seal = models.BooleanField(default=False, db_default=False, help_text="the facility's seal")
    capacity = models.CharField(
        max_length=200, blank=True, default="", help_text="as printed: Bác sĩ, Khoa Nội"
    )
    reason = models.CharField(max_length=200, blank=True, default="", help_text="as printed")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    problem = models.CharField(max_length=300, blank=True, default="")
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="when its turn came")
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="when the author answered a refusal by asking again"
    )
    answer = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="what the author said then"
    )

    base_revision = models.PositiveIntegerField(null=True, blank=True)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tail = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="of the bytes shown, hexadecimal"
    )
    digest = models.CharField(
        max_length=96,
        blank=True,
        default="",
        help_text="of all but the hole, hexadecimal: SHA-256 or SHA-384",
    )
    hole_start = models.PositiveIntegerField(default=0)
    hole_end = models.PositiveIntegerField(default=0)
    prepared_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    completed_at = models.DateTimeField(null=True, blank=True)
    level = models.CharField(
        max_length=5, blank=True, default="", help_text="PAdES baseline: B-B, B-T, B-LT, B-LTA, as verified"
    )
    owes_timestamp = models.BooleanField(
        default=False, db_default=False, help_text="the authority was away: a document timestamp follows"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "step"], name="one_signature_per_step"),
            # Two of one turn can't both sign over the same bytes: the second would lose the first's signature.
            models.UniqueConstraint(
                fields=["version", "base_revision"],
                condition=Q(status__in=["signed", "completed"]),
                name="one_signature_over_a_revision",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None, delegation=None)
                | Q(on_behalf_of__isnull=False, delegation__isnull=False),
                name="who_signs_for_another_has_a_delegation",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | Q(status="refused"), name="a_refusal_is_settled"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["ready", "signed"])
                | Q(tail__isnull=False, base_revision__isnull=False),
                name="what_is_ready_has_bytes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["signer", "status"],
                name="signing_waiting",
                condition=Q(status__in=["pending", "ready", "failed", "signed"]),
            ),
            models.Index(
                fields=["completed_at"], name="signing_owes_timestamp", condition=Q(owes_timestamp=True)
            ),
            models.Index(
                fields=["version"], name="signing_returned", condition=Q(status="refused", settled_at=None)
            ),
        ]
        triggers = [
            SameFacility("version_id", "documents_documentversion"),
            SameFacility("delegation_id", "signing_delegation"),
            pgtrigger.Trigger(
                name="keep_what_was_signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["signed", "completed"]),
                func=(
                    "IF (NEW.version_id, NEW.step, NEW.signer_id, NEW.base_revision, NEW.sha256, NEW.digest,"
                    " NEW.hole_start, NEW.hole_end, NEW.certificate_id, NEW.on_behalf_of_id, NEW.delegation_id,"
                    " NEW.is_seal, NEW.capacity) IS DISTINCT FROM"
                    " (OLD.version_id, OLD.step, OLD.signer_id, OLD.base_revision, OLD.sha256, OLD.digest,"
                    " OLD.hole_start, OLD.hole_end, OLD.certificate_id, OLD.on_behalf_of_id, OLD.delegation_id,"
                    " OLD.is_seal, OLD.capacity)"
                    " OR NEW.status NOT IN (OLD.status, 'completed')"
                    " OR (NEW.tail IS DISTINCT FROM OLD.tail AND NOT (NEW.tail IS NULL AND NEW.status = 'completed'))"
                    " THEN RAISE EXCEPTION 'what was signed stays as it was' USING ERRCODE = 'check_violation';"
                    " END IF; RETURN NEW;"
                ),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.step} {self.status}"

    @property
    def is_open(self) -> bool:
        """Whether it still can be signed or declined."""
        return self.status in self.OPEN

    @property
    def blocks(self) -> bool:
        """Whether later turns wait for it."""
        return self.status in self.UNDER_WAY or (
            self.status == self.Status.REFUSED and self.settled_at is None
        )

    @property
    def principal_id(self) -> int:
        """Whose signature it stands for: the signer's, or of whom the signer stands in for."""
        return self.on_behalf_of_id or self.signer_id


class Signature(FacilityRecord):
    """A signature value and exactly what it was made over; exists once for a request, for ever."""

    request = models.OneToOneField(SigningRequest, on_delete=models.PROTECT, related_name="signature")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="signatures")
    signed_attributes = models.BinaryField(help_text="DER, SET OF Attribute")
    value = models.BinaryField()
    signed_at = models.DateTimeField()
    cost = models.PositiveIntegerField(
        default=0, db_default=0, help_text="what its keeper asked for it that day, in đồng"
    )

    append_only = True

    class Meta:
        triggers = [AppendOnly(), SameFacility("request_id", "signing_signingrequest")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.signed_at:%Y-%m-%d}"
