"""Documents that a neighbour made: kept as they came, sealed, never written here."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from emr.storage.models import Attachment
from encounters.visits.models import Encounter
from integrations.transport.models import Message
from patients.registry.models import Confidentiality, Patient


class ReceivedDocument(FacilityRecord):
    """One version of a neighbour's document (FHIR DocumentReference): what came by MDM, or by which it was taken back.

    A document keeps its line of versions whatever numbers the sender gives them: T08 edits under the same number, T10
    replaces under a new one, T11 takes back. Nothing is changed; the newest row of a line says what holds.
    """

    class Status(models.TextChoices):
        CURRENT = "current", pgettext_lazy("received document", "As received")
        CANCELLED = "cancelled", pgettext_lazy("received document", "Taken back by the sender")

    class Completion(models.TextChoices):
        """TXA-17, HL7 table 0271."""

        DICTATED = "DI", _("Dictated")
        DOCUMENTED = "DO", _("Documented")
        IN_PROGRESS = "IP", _("In progress")
        INCOMPLETE = "IN", _("Incomplete")
        PRE_AUTHENTICATED = "PA", _("Checked, not yet authenticated")
        AUTHENTICATED = "AU", _("Authenticated")
        LEGALLY_AUTHENTICATED = "LA", _("Legally authenticated")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="received_documents")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, related_name="received_documents"
    )
    source = models.CharField(max_length=80, help_text="whose numbers these are")
    sender = models.CharField(max_length=60, help_text="as people here call it")
    number = models.CharField(max_length=120, help_text="TXA-12")
    # The first number of the line: what T10 replaces is found by it.
    line = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=9, choices=Status, default=Status.CURRENT)
    completion = models.CharField(
        max_length=2, choices=Completion, blank=True, default="", help_text="TXA-17"
    )
    # Of R and V only who cares for the patient in person sees anything; the newest version of a line decides for all.
    confidentiality = models.CharField(
        max_length=1,
        choices=Confidentiality,
        default=Confidentiality.NORMAL,
        db_default=Confidentiality.NORMAL,
        help_text="TXA-18",
    )
    kind = models.CharField(max_length=60, blank=True, default="", help_text="TXA-2, code")
    title = models.CharField(max_length=200)
    # An addendum (T06) stands by itself and names what it adds to.
    adds_to = models.CharField(max_length=120, blank=True, default="", help_text="TXA-13 of an addendum")
    author = models.CharField(max_length=120, blank=True, default="", help_text="TXA-5 or TXA-9, as sent")
    authenticator = models.CharField(
        max_length=120, blank=True, default="", help_text="TXA-10 or TXA-22, as sent"
    )
    happened_at = models.DateTimeField(help_text="TXA-4, else TXA-6, else MSH-7")
    told_at = models.DateTimeField(help_text="MSH-7: of two versions the later one holds")
    file = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True, default="")
    sha256 = models.CharField(max_length=64, help_text="of the file, or of the text in UTF-8")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "source", "line", "version"], name="one_received_document_a_version"
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-happened_at"], name="received_of_patient"),
            models.Index(fields=["facility", "source", "number"], name="received_by_number"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("file_id", "storage_attachment"),
            SameFacility("message_id", "transport_message"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"

    @property
    def is_cancelled(self) -> bool:
        """Whether the sender took it back."""
        return self.status == self.Status.CANCELLED

    @property
    def is_restricted(self) -> bool:
        """Whether its sender wants it kept closely."""
        return self.confidentiality != Confidentiality.NORMAL
