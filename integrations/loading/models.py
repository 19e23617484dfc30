"""Lists of the HIS's that are taken over once, line by line; what past stays the HIS told of."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord, User
from emr.common.triggers import AppendOnly, SameFacility
from emr.storage.models import Attachment
from patients.registry.models import Patient


class FirstLoad(FacilityRecord):
    """One file: read and checked line by line, then applied by a worker, stopped and resumed as one likes."""

    class Kind(models.TextChoices):
        PATIENTS = "patients", _("Patients")
        STAYS = "stays", _("Open stays and beds")
        HISTORY = "history", _("Past stays (insurance XML)")

    class Status(models.TextChoices):
        READING = "reading", pgettext_lazy("first load", "Being checked")
        UNREADABLE = "unreadable", pgettext_lazy("first load", "Can't be read")
        CHECKED = "checked", pgettext_lazy("first load", "Checked, nothing changed")
        RUNNING = "running", pgettext_lazy("first load", "Being applied")
        STOPPED = "stopped", pgettext_lazy("first load", "Stopped")
        DONE = "done", pgettext_lazy("first load", "Applied")

    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.READING)
    file_name = models.CharField(max_length=200)
    file = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    # Stays: what is open at this hour. What begins later comes by the HIS's messages.
    cutover_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    line_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    # Open here though the list hasn't them: somebody has to look.
    not_listed = models.JSONField(default=list)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="stays") | Q(cutover_at__isnull=False), name="stays_have_a_cutover_hour"
            )
        ]
        ordering: ClassVar[list[str]] = ["-id"]
        triggers = [
            SameFacility("file_id", "storage_attachment"),
            SameFacility("by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has it."""
        return self.status in {self.Status.READING, self.Status.RUNNING}

    @property
    def may_start(self) -> bool:
        """Whether it may be applied, or applied further."""
        return self.status in {self.Status.CHECKED, self.Status.STOPPED}


class LoadLine(FacilityRecord):
    """One line of a file: what it would do, then what it did. What it says of a person goes once it is applied."""

    class Result(models.TextChoices):
        CREATE = "create", pgettext_lazy("line", "new")
        CHANGE = "change", pgettext_lazy("line", "brought up to date")
        SAME = "same", pgettext_lazy("line", "stays as it is")
        ERROR = "error", pgettext_lazy("line", "error")

    load = models.ForeignKey(FirstLoad, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line = models.PositiveIntegerField()
    # The source's own key: patient number, visit number, MA_LK.
    key = models.CharField(max_length=100)
    values = models.JSONField(default=dict)
    planned = models.CharField(max_length=6, choices=Result)
    remarks = models.JSONField(default=list)
    result = models.CharField(max_length=6, choices=Result, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["load", "line"], name="one_row_a_line")]
        indexes = [
            models.Index(fields=["load", "key"], name="load_line_key"),
            models.Index(fields=["load", "line"], name="load_line_to_do", condition=Q(result="")),
        ]
        triggers = [SameFacility("load_id", "loading_firstload")]

    def __str__(self) -> str:
        return f"{self.load_id}:{self.line}"


class PastStay(FacilityRecord):
    """A stay or visit of before, as the HIS's insurance file tells it (QĐ 4210/4750/3176): read here, never written here.

    The same MA_LK with other content is a new version; the file's own words stay as they came.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="past_stays")
    number = models.CharField(max_length=100, help_text="MA_LK")
    version = models.PositiveIntegerField(default=1)
    began_at = models.DateTimeField(help_text="NGAY_VAO")
    ended_at = models.DateTimeField(null=True, help_text="NGAY_RA")
    care_type = models.CharField(max_length=2, blank=True, default="", help_text="MA_LOAI_KCB")
    diagnosis_code = models.CharField(max_length=20, blank=True, default="", help_text="MA_BENH_CHINH")
    diagnosis_text = models.TextField(blank=True, default="", help_text="CHAN_DOAN_RV")
    # {"XML1": {field: value}, "XML2": [{field: value}, …], …}: fields as they are called in the decision.
    content = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="of the content")
    load = models.ForeignKey(FirstLoad, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "number", "version"], name="one_past_stay_a_version")
        ]
        indexes = [models.Index(fields=["patient", "-began_at"], name="past_stays_of_patient")]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("load_id", "loading_firstload"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"
