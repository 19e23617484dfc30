"""Channels to the neighbours, the inbox, and what a person has to work through."""

import hashlib
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, Organization
from emr.common.models import Record
from emr.common.triggers import RowHistory, SameFacility
from integrations.transport.addresses import is_among
from integrations.transport.intakes import Emptying, Intake, SqlSource
from integrations.transport.named_orders import NamedOrder
from integrations.transport.triggers import AnswerAppendOnly, AppendOnlyButEmptied

# The others stand below; these in files of their own.
__all__ = ["Emptying", "Intake", "NamedOrder", "SqlSource"]


class Channel(FacilityRecord):
    """One neighbour and one direction: who it is, from where it may call, what it may send (S-61)."""

    class Direction(models.TextChoices):
        IN = "in", _("Incoming")
        OUT = "out", _("Outgoing")

    class Protocol(models.TextChoices):
        MLLP = "mllp", "HL7 v2 / MLLP"
        HTTP = "http", "HL7 v2 / HTTP"
        FOLDER = "folder", _("HL7 v2 / folder of files")
        SQL = "sql", _("Rows of a database view")

    class DuplicateKey(models.TextChoices):
        """What makes two messages the same one; some analysers always send the same control id."""

        CONTROL_ID = "control-id", _("MSH-10 (control id)")
        CONTROL_ID_AND_TIME = "control-id-and-time", _("MSH-10 and MSH-7 (control id and time)")
        CONTENT = "content", _("Whole content")

    class Acknowledgement(models.TextChoices):
        """What an outgoing message is delivered by (HL7 v2.5.1 §2.9)."""

        ORIGINAL = "original", _("Original mode: AA, once it is processed")
        COMMIT = "commit", _("Enhanced mode: CA, once it is stored")
        APPLICATION = "application", _("Enhanced mode: CA, then AA on the same connection")

    class Performs(models.TextChoices):
        """What is done there: a neighbour gets the orders of its kind, and its results are of that kind.

        The HIS is told of every kind, and of patients and stays, as the masters say; nothing else tells which it is.
        """

        HIS = "his", _("Patients, stays and orders of the whole hospital (HIS)")
        LABORATORY = "laboratory", _("Laboratory tests")
        IMAGING = "imaging", _("Imaging and functional tests")
        BOTH = "both", _("Both")
        MONITORS = "monitors", _("Vital signs of monitors at the bed")

    class UnknownCodes(models.TextChoices):
        """What becomes of a result whose test's code nobody has mapped."""

        FILE = "file", _("File it as sent, and list the code")
        HOLD = "hold", _("Hold it until the code is mapped")

    name = models.CharField(max_length=60)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.IN)
    protocol = models.CharField(max_length=8, choices=Protocol, default=Protocol.MLLP)
    sending_application = models.CharField(max_length=60, help_text="MSH-3")
    sending_facility = models.CharField(max_length=60, help_text="MSH-4")
    allowed_addresses = ArrayField(models.CharField(max_length=43), help_text="addresses or CIDR ranges")
    # "ADT^A01", or "ADT" for every event of it.
    message_types = ArrayField(models.CharField(max_length=16))
    # MSH-11: a channel in production takes P alone.
    processing_ids = ArrayField(models.CharField(max_length=1), default=list)
    charset = models.CharField(
        max_length=12, blank=True, default="", help_text="overrides MSH-18 and detection"
    )
    duplicate_key = models.CharField(max_length=20, choices=DuplicateKey, default=DuplicateKey.CONTROL_ID)
    # CX.4 → identifier system, where it isn't the facility's own: {"BHXH": "urn:benhanmo:bhyt"}.
    identifier_systems = models.JSONField(default=dict, blank=True)
    # Who is named as the author of what this neighbour changes; such an account can't sign in.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_enabled = models.BooleanField(default=True)
    performs = models.CharField(max_length=10, choices=Performs, default="both", db_default="both")
    # Incoming results alone. Holding keeps a doctor waiting for a clerk, so it isn't the default.
    unknown_codes = models.CharField(max_length=4, choices=UnknownCodes, default="file", db_default="file")

    # HTTP in: SHA-256 of the token that the neighbour shows (32 random bytes: nothing to guess, so no slow hash).
    token_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    token_made_at = models.DateTimeField(null=True, blank=True)
    # HTTP in: SHA-256 of the certificates (two while one is renewed) of which the neighbour shows one; none: no asking.
    peer_certificates = ArrayField(models.CharField(max_length=64), default=list, db_default=[], blank=True)
    # Folders, in and out: the name of one below EMR_HOME/exchange/FACILITY.
    folder = models.CharField(max_length=60, blank=True, default="", db_default="")

    # Folders in: seconds between two looks.
    poll_seconds = models.PositiveSmallIntegerField(
        default=15, db_default=15, validators=[MinValueValidator(5), MaxValueValidator(3600)]
    )

    # Outgoing alone, from here on. MSH-5 and MSH-6: who is spoken to.
    receiving_application = models.CharField(max_length=60, blank=True, default="", db_default="")
    receiving_facility = models.CharField(max_length=60, blank=True, default="", db_default="")
    address = models.CharField(max_length=253, blank=True, default="", db_default="")
    port = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    # HTTP out: what stands behind the address, and the name of the file in EMR_HOME/peers with the token to show.
    path = models.CharField(max_length=200, blank=True, default="", db_default="")
    credential = models.CharField(max_length=60, blank=True, default="", db_default="")
    uses_tls = models.BooleanField(default=False, db_default=False)
    # The name in the neighbour's certificate, where it isn't the address.
    tls_name = models.CharField(max_length=253, blank=True, default="", db_default="")
    # Names of files in EMR_HOME/peers: NAME.pem and NAME.key are ours; AUTHORITY.pem is whom we believe.
    client_certificate = models.CharField(max_length=60, blank=True, default="", db_default="")
    authority = models.CharField(max_length=60, blank=True, default="", db_default="")
    acknowledgement = models.CharField(
        max_length=12,
        choices=Acknowledgement,
        default=Acknowledgement.ORIGINAL,
        db_default=Acknowledgement.ORIGINAL.value,
    )
    # Messages under way at once; each patient's stay in order. One keeps the order of all.
    lanes = models.PositiveSmallIntegerField(
        default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(8)]
    )
    # Below the lease of a delivery (90 s) in sum.
    connect_seconds = models.PositiveSmallIntegerField(
        default=5, db_default=5, validators=[MinValueValidator(1), MaxValueValidator(15)]
    )
    answer_seconds = models.PositiveSmallIntegerField(
        default=15, db_default=15, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    # The longest pause between two tries at a neighbour that is away.
    retry_seconds = models.PositiveIntegerField(
        default=300, db_default=300, validators=[MinValueValidator(1), MaxValueValidator(3600)]
    )
    is_paused = models.BooleanField(default=False, db_default=False)

    outside_the_wall = "the listener must know all senders before it knows whose message comes"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "direction", "protocol", "sending_application", "sending_facility"],
                name="one_channel_per_sender",
                # A neighbour may have several views.
                condition=Q(direction="in") & ~Q(protocol="sql"),
            ),
            models.UniqueConstraint(
                fields=["facility", "name"],
                name="one_outgoing_channel_per_name",
                condition=Q(direction="out"),
            ),
            models.CheckConstraint(
                condition=Q(direction="in") | Q(protocol="folder") | (~Q(address="") & Q(port__isnull=False)),
                name="outgoing_channel_has_an_address",
            ),
            models.CheckConstraint(
                condition=~Q(protocol="folder") | ~Q(folder=""), name="folder_channel_has_a_folder"
            ),
            # Two that take files from one folder would each take the other's.
            models.UniqueConstraint(
                fields=["facility", "direction", "folder"],
                name="one_channel_per_folder",
                condition=~Q(folder=""),
            ),
        ]
        ordering: ClassVar[list[str]] = ["name"]
        triggers = [RowHistory(), SameFacility("account_id", "accounts_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def neighbour(self) -> tuple[str, str]:
        """Who is at the other end: application and facility as MSH names them."""
        if self.direction == self.Direction.OUT:
            return self.receiving_application, self.receiving_facility
        return self.sending_application, self.sending_facility

    @property
    def is_his(self) -> bool:
        """Whether the neighbour at the other end is the HIS."""
        return self.performs == self.Performs.HIS

    def admits(self, address: str) -> bool:
        """Whether the peer's address is on the list."""
        return is_among(tuple(self.allowed_addresses), address)

    def takes(self, message_type: str) -> bool:
        """Whether this neighbour may send this type of message."""
        return (
            message_type in self.message_types or message_type.split("^", maxsplit=1)[0] in self.message_types
        )


class Message(FacilityRecord):
    """A message exactly as it came in, with our answer, or exactly as it goes out; its fate stands in MessageState.

    Long after it was dealt with its bytes are emptied (`retention`), and nothing else of it. Of an outgoing one
    `received_at` is when it was queued, and the neighbour's answers are Acknowledgements.
    """

    # Every index costs each message; those of single keys are the beginning of others, or never asked.
    facility = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages", db_index=False)
    received_at = models.DateTimeField()
    peer_address = models.CharField(max_length=45)
    raw = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    control_id = models.CharField(max_length=200)
    message_type = models.CharField(max_length=16)
    version = models.CharField(max_length=16, default="")
    # PID-3's own number: one patient's messages are applied in order.
    patient_number = models.CharField(max_length=200, default="")
    duplicate_key = models.CharField(max_length=300)
    # The frames sent back, byte for byte: a repeated message gets the same.
    reply = models.BinaryField()
    # Outgoing: what it is about ("servicerequest:<uuid>").
    about = models.CharField(max_length=100, default="", db_default="")
    edited_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="edited_copies", db_index=False
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    emptied_at = models.DateTimeField(null=True)

    append_only = True
    application_grants = "SELECT, INSERT, UPDATE (raw, emptied_at)"  # what of it, the trigger says

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "duplicate_key"], name="one_message_per_key")
        ]
        indexes = [
            models.Index(fields=["facility", "-id"], name="message_newest"),
            models.Index(fields=["channel", "-received_at"], name="message_of_channel"),
            models.Index(fields=["facility", "control_id"], name="message_control_id"),
            models.Index(fields=["facility", "patient_number", "id"], name="message_patient"),
            models.Index(fields=["about"], name="message_about", condition=~Q(about="")),
        ]
        triggers = [AppendOnlyButEmptied(), SameFacility("channel_id", "transport_channel")]

    def __str__(self) -> str:
        return f"{self.message_type} {self.control_id}"

    @property
    def order_key(self) -> str:
        """One patient of one channel, without the number itself standing in the queue; of an outgoing one its lane."""
        if self.channel.direction == Channel.Direction.OUT:
            return lane_key(self.channel_id, self.patient_number, self.channel.lanes)
        return order_key(self.channel_id, self.patient_number)


def order_key(channel_id: int, patient_number: str) -> str:
    """The outbox's key for one patient's messages; "" (no order) for a message without a patient."""
    if not patient_number:
        return ""
    return f"hl7:{channel_id}:{hashlib.sha256(patient_number.encode()).hexdigest()[:40]}"


def lane_key(channel_id: int, patient_number: str, lanes: int) -> str:
    """The outbox's key for what goes out one after the other: one patient's messages always take the same lane."""
    digest = hashlib.sha256(patient_number.encode()).digest()
    return f"hl7-out:{channel_id}:{int.from_bytes(digest[:4]) % max(lanes, 1)}"


class MessageState(models.Model):
    """What became of a message."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        WAITING = "waiting", _("Waiting for an earlier message")
        APPLIED = "applied", _("Applied")
        SUPERSEDED = "superseded", _("Newer data was there already")
        DEAD = "dead", _("Needs a person")
        QUEUED = "queued", _("Waiting to be sent")
        DELIVERED = "delivered", _("Delivered")
        SET_ASIDE = "set-aside", _("Set aside")

    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, primary_key=True, related_name="state_row"
    )
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    # Waiting ends then: whatever is missing hasn't come (bounded disorder, F-17). Outgoing: the next try.
    waits_until = models.DateTimeField(null=True)
    # What was left undone though the message was applied (or why the last try to send it failed):
    # [["unmapped_bed", {"sent": "P1-G9"}], …]
    remarks = models.JSONField(default=list)

    # Written in one statement with its message, which a policy couldn't see yet.
    outside_the_wall = "states and codes alone; the message itself is walled"

    class Meta:
        indexes = [
            models.Index(fields=["state", "message"], name="message_state"),
            models.Index(fields=["waits_until"], name="message_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.state


class Acknowledgement(FacilityRecord):
    """What a neighbour answered to an outgoing message, byte for byte; emptied with its message, the code stays."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="acknowledgements")
    code = models.CharField(max_length=2)
    raw = models.BinaryField()
    emptied_at = models.DateTimeField(null=True)

    append_only = True
    application_grants = "SELECT, INSERT, UPDATE (raw, emptied_at)"  # what of it, the trigger says

    class Meta:
        triggers = [AnswerAppendOnly(), SameFacility("message_id", "transport_message")]

    def __str__(self) -> str:
        return f"{self.code} {self.message_id}"


class DeadLetter(Record):
    """A message that couldn't be used: why, in words, and who did what about it."""

    class Resolution(models.TextChoices):
        REPLAYED = "replayed", _("Replayed as it was")
        EDITED = "edited", _("Replayed after editing")
        DISMISSED = "dismissed", _("Set aside")

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="dead_letters")
    reason = models.CharField(max_length=40)
    # Values for the reason's text: codes and field names; a rule's own refusal stands under "text".
    detail = models.JSONField(default=dict)
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    replayed_as = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True, default="")

    walled_by = "message"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message"], condition=Q(resolution=""), name="one_open_dead_letter_per_message"
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.reason}"


class NeighbourCode(FacilityRecord):
    """A code of a neighbour's, and ours for it once somebody has said so; it serves all channels of that neighbour."""

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("Department")
        BED = "bed", _("Bed")
        STAFF = "staff", _("Staff")
        SERVICE = "service", _("Service or test")
        MEDICINE = "medicine", _("Medicine")
        UNIT = "unit", _("Unit of measure")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="codes")
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.CharField(max_length=200)
    # What the neighbour calls it, where its messages say so.
    words = models.CharField(max_length=200, blank=True, default="", db_default="")
    # 0 and null: entered by a person, and not seen in a message yet.
    seen_count = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField(null=True)
    # Set by a person: our own code for theirs.
    mapped_to = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "code"], name="one_row_per_unmapped_code")
        ]
        # As it was named first: the rows' history is kept under the table's name.
        db_table = "transport_unmappedcode"
        # Being seen again is no change of the mapping.
        triggers = [RowHistory("mapped_to"), SameFacility("channel_id", "transport_channel")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
