"""What a patient, or who stands for them, confirmed (FHIR Consent): the evidence as it came. Nothing is overwritten."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from patients.registry.models import RelatedPerson


class ConfirmationChallenge(FacilityRecord):
    """Something asked of the patient outside the page: a code sent to a telephone, a service that signs, a reader.

    A code itself is kept nowhere: see `encounters.consents.codes`.
    """

    version = models.ForeignKey("documents.DocumentVersion", on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=20, help_text="name of the adapter: code, vneid, fingerprint")
    sha256 = models.CharField(max_length=64, help_text="of the bytes shown, hexadecimal")
    address = models.CharField(max_length=60, blank=True, default="", help_text="where it was sent")
    reference = models.CharField(
        max_length=120, blank=True, default="", help_text="the other side's own number"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="wrong answers")
    problem = models.CharField(max_length=20, blank=True, default="", help_text="why it couldn't be asked")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["version", "-asked_at"], name="challenge_newest")]
        triggers = [
            RowHistory(),
            SameFacility("version_id", "documents_documentversion"),
            SameFacility("asked_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.provider}"


class Confirmation(FacilityRecord):
    """One version of a document, confirmed once: by whom, how, over which bytes, in whose presence. Insert-only."""

    class Way(models.TextChoices):
        DRAWN = "drawn", _("Signature drawn on the screen")
        WITNESSED = "witnessed", _("Can't write: a witness signs")
        CODE = "code", _("One-time code")
        FINGERPRINT = "fingerprint", _("Fingerprint")
        DIGITAL = "digital", _("Digital signature")
        PAPER = "paper", _("Signed on paper")

    class Who(models.TextChoices):
        PATIENT = "patient", _("The patient")
        RELATIVE = "relative", _("A representative or relative")

    class Answer(models.TextChoices):
        AGREED = "agreed", pgettext_lazy("confirmation", "Confirms")
        DECLINED = "declined", pgettext_lazy("confirmation", "Doesn't agree")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="confirmations")
    version = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.PROTECT, related_name="confirmations"
    )
    # Exactly what was drawn on the screen; later signatures and seals are appended to these bytes.
    shown = models.ForeignKey("documents.DocumentBytes", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the bytes shown, as the page computed it")
    # Made on the device: the same confirmation sent twice is one.
    key = models.UUIDField()
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.AGREED)
    way = models.CharField(max_length=11, choices=Way)
    # When it happened, as the device's clock had it, and `created_at`: when it arrived.
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    who = models.CharField(max_length=8, choices=Who)
    full_name = models.CharField(max_length=160)
    id_number = models.CharField(max_length=20, blank=True, default="")
    relationship = models.CharField(
        max_length=8, blank=True, default="", help_text="code of system relationship"
    )
    basis = models.CharField(max_length=12, choices=RelatedPerson.Basis, blank=True, default="")
    basis_reference = models.CharField(max_length=200, blank=True, default="")
    person = models.ForeignKey(
        RelatedPerson, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    witness_name = models.CharField(max_length=160, blank=True, default="")
    witness_id_number = models.CharField(max_length=20, blank=True, default="")

    # {"v": 1, "w": …, "h": …, "strokes": [[[x, y, ms, pressure], …], …]}: see `encounters.consents.strokes`.
    strokes = models.JSONField(null=True, blank=True)
    witness_strokes = models.JSONField(null=True, blank=True)
    challenge = models.OneToOneField(
        ConfirmationChallenge, on_delete=models.PROTECT, null=True, blank=True, related_name="confirmation"
    )
    # What an adapter answered: its own number and what it vouches for; never a biometric template.
    transaction = models.CharField(max_length=120, blank=True, default="")
    proof = models.JSONField(default=dict, blank=True)
    paper = models.ForeignKey(
        "storage.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(
        max_length=45, blank=True, default="", help_text="of the device, as the server saw it"
    )
    device = models.CharField(max_length=200, blank=True, default="")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_confirmation_per_key"),
            models.UniqueConstraint(fields=["version"], name="one_confirmation_per_version"),
            models.CheckConstraint(
                condition=Q(who="patient", relationship="", basis="", person=None)
                | (Q(who="relative") & ~Q(relationship="") & ~Q(basis="") & ~Q(id_number="")),
                name="a_representative_says_by_what_right",
            ),
            models.CheckConstraint(
                condition=~Q(way="drawn") | Q(strokes__isnull=False), name="what_was_drawn_is_kept"
            ),
            models.CheckConstraint(
                condition=~Q(way="witnessed") | (Q(witness_strokes__isnull=False) & ~Q(witness_name="")),
                name="a_witness_signs_with_a_name",
            ),
            models.CheckConstraint(
                condition=~Q(way="paper") | Q(paper__isnull=False), name="signed_paper_is_kept"
            ),
            models.CheckConstraint(
                condition=~Q(way__in=["code", "fingerprint", "digital"]) | Q(challenge__isnull=False),
                name="what_was_asked_is_named",
            ),
            models.CheckConstraint(condition=~Q(full_name=""), name="a_confirmation_has_a_name"),
        ]
        indexes = [models.Index(fields=["encounter", "happened_at"], name="confirmations_of_stay")]
        triggers = [
            AppendOnly(),
            pgtrigger.Trigger(
                name="shown_is_of_the_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF NOT EXISTS (SELECT 1 FROM documents_documentbytes b WHERE b.id = NEW.shown_id"
                    " AND b.version_id = NEW.version_id AND b.sha256 = NEW.sha256)"
                    " THEN RAISE EXCEPTION 'the bytes shown are not of this version'"
                    " USING ERRCODE = 'check_violation'; END IF; RETURN NEW;"
                ),
            ),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("version_id", "documents_documentversion"),
            SameFacility("person_id", "registry_relatedperson"),
            SameFacility("challenge_id", "consents_confirmationchallenge"),
            SameFacility("paper_id", "storage_attachment"),
            SameFacility("staff_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.way}"
