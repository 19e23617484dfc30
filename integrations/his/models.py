"""What the HIS last said, and when (so that older news never overwrites newer, F-17); and which system keeps what."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from integrations.transport.models import Message


class Freshness(FacilityRecord):
    """The time of the news that a field of one patient or stay was last taken from; what makes sense together alone is one.

    Until fields had times of their own, "demographics" stood for all of PID and "details" for DG1: such rows count on.
    """

    class Subject(models.TextChoices):
        PATIENT = "patient"
        ENCOUNTER = "encounter"

    subject = models.CharField(max_length=10, choices=Subject)
    subject_id = models.BigIntegerField()
    group = models.CharField(max_length=20)
    happened_at = models.DateTimeField()
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "group"], name="one_freshness_per_group"
            ),
        ]
        triggers = [SameFacility("message_id", "transport_message")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.group}"


class Master(FacilityRecord):
    """Which system keeps a matter in this facility: a group of fields, or a kind of order. Without a row: as ever."""

    class Matter(models.TextChoices):
        """Values of `emr.common.masters`."""

        DEMOGRAPHICS = "demographics", _("Who the patient is: name, birth, sex, address, phone, next of kin")
        INSURANCE = "insurance", _("Health insurance card")
        MOVEMENT = "movement", _("Admission, transfer, discharge")
        BED = "bed", _("Bed")
        DIAGNOSES = "diagnoses", _("Diagnoses of the stay")
        ALLERGIES = "allergies", _("Allergies")
        MEDICATION = "order:medication", _("Medicines")
        LABORATORY = "order:laboratory", _("Laboratory tests")
        IMAGING = "order:imaging", _("Imaging")
        PROCEDURE = "order:procedure", _("Procedures")
        DIET = "order:diet", _("Diet")
        CARE = "order:care", _("Care level and monitoring")

    class Keeper(models.TextChoices):
        HIS = "his", _("The HIS")
        EMR = "emr", _("This record (EMR)")
        BOTH = "both", _("Not decided: both may change it, the newer news counts")

    matter = models.CharField(max_length=20, choices=Matter)
    keeper = models.CharField(max_length=4, choices=Keeper)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "matter"], name="one_master_per_matter"),
            # Two who order the same are the very thing that this is against.
            models.CheckConstraint(
                condition=~Q(matter__startswith="order:") | ~Q(keeper="both"), name="orders_have_one_master"
            ),
        ]
        triggers = [RowHistory(), SameFacility("changed_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.matter}: {self.keeper}"


class HisOrder(FacilityRecord):
    """How far an order of the HIS's was followed: by its number there, the newest news of its content and of its state.

    The order as it holds now is the row of `encounters.orders` that this names; those before a change name this number too.
    """

    system = models.CharField(max_length=60)
    number = models.CharField(max_length=75)
    medication = models.ForeignKey(
        "orders.MedicationRequest", on_delete=models.PROTECT, null=True, related_name="+"
    )
    service = models.ForeignKey(
        "orders.ServiceRequest", on_delete=models.PROTECT, null=True, related_name="+"
    )
    content_at = models.DateTimeField(help_text="when the HIS last said what is ordered")
    content_key = models.CharField(max_length=64, help_text="SHA-256 of what it said")
    state_at = models.DateTimeField(null=True, help_text="when it last held, released or cancelled it")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "system", "number"], name="one_order_per_his_number"),
            models.CheckConstraint(
                condition=Q(medication__isnull=False, service=None)
                | Q(medication=None, service__isnull=False),
                name="a_his_order_is_one_order",
            ),
        ]
        triggers = [
            SameFacility("message_id", "transport_message"),
            SameFacility("medication_id", "orders_medicationrequest"),
            SameFacility("service_id", "orders_servicerequest"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.number}"
