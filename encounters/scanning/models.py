"""Paper that comes in: the file as it was sent, its pages, the form that they make up, and what was done to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.documents.models import make_verify_code


class ScanBatch(FacilityRecord):
    """One file of paper as it was sent, kept byte for byte; a worker takes it apart."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("scan", "Waiting")
        READING = "reading", pgettext_lazy("scan", "Being read")
        DONE = "done", pgettext_lazy("scan", "Read")
        CANCELLED = "cancelled", pgettext_lazy("scan", "Cancelled")
        FAILED = "failed", pgettext_lazy("scan", "Could not be read")

    UNDER_WAY = (Status.WAITING, Status.READING)

    # Of the form that was sent: sent twice, it is one. `place`: which file of that form.
    key = models.UUIDField()
    place = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True, default="", help_text="as the device called the file")
    original = models.ForeignKey("storage.Attachment", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The chart in which it was handed in, and the form chosen there; neither at the desk.
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    patient = models.ForeignKey(
        "registry.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.CharField(max_length=20, blank=True, default="", help_text="the form's code")
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    page_count = models.PositiveSmallIntegerField(default=0)
    pages_read = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True, default="", help_text="why it could not be read")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "uploaded_by", "key", "place"], name="one_batch_per_file"
            ),
            models.CheckConstraint(
                condition=Q(encounter=None, patient=None, code="")
                | Q(encounter__isnull=False, patient__isnull=False),
                name="a_chosen_form_has_a_stay",
            ),
        ]
        indexes = [models.Index(fields=["uploaded_by", "-id"], name="scan_batches_of_person")]
        triggers = [
            RowHistory("status", "problem"),
            SameFacility("original_id", "storage_attachment"),
            SameFacility("uploaded_by_id", "accounts_user"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("patient_id", "registry_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.uuid}"

    @property
    def is_under_way(self) -> bool:
        """A worker has it in hand or will."""
        return self.status in self.UNDER_WAY


class Paper(FacilityRecord):
    """One form of a stay that stands in the record as paper (FHIR DocumentReference): pages, checked by a second person."""

    class Status(models.TextChoices):
        TO_CHECK = "to-check", pgettext_lazy("paper", "To be checked")
        RETURNED = "returned", pgettext_lazy("paper", "Returned")
        ACCEPTED = "accepted", pgettext_lazy("paper", "Accepted, being sealed")
        SEALED = "sealed", pgettext_lazy("paper", "Sealed")
        ENTERED_IN_ERROR = "entered-in-error", pgettext_lazy("paper", "Entered in error")

    # Pages may still be arranged.
    OPEN = (Status.TO_CHECK, Status.RETURNED)

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="papers")
    department = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.CharField(max_length=20, help_text="the form's code")
    # The printed version whose pages these are; none for paper from outside and for sheets written by hand.
    version = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    day = models.DateField(null=True, blank=True, help_text="the day that the paper is of")
    shelf = models.CharField(max_length=80, blank=True, default="", help_text="where the paper itself lies")
    status = models.CharField(max_length=16, choices=Status, default=Status.TO_CHECK)
    # Counts what was done to its pages: who accepts has seen exactly this.
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=200, blank=True, default="", help_text="of returning, or of the error"
    )
    verify_code = models.CharField(max_length=16, unique=True, default=make_verify_code)
    sealed = models.ForeignKey(
        "storage.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sealed_at = models.DateTimeField(null=True, blank=True)
    seal_level = models.CharField(
        max_length=4, blank=True, default="", help_text="B-B, or B-T with a timestamp"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "sealed"])
                | Q(checked_by__isnull=False, checked_at__isnull=False),
                name="accepted_paper_was_checked",
            ),
            models.CheckConstraint(
                condition=~Q(status="sealed") | Q(sealed__isnull=False, sealed_at__isnull=False),
                name="sealed_paper_has_its_file",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | ~Q(checked_by=models.F("created_by")),
                name="paper_is_checked_by_another",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(status__in=["to-check", "returned"]),
                name="one_open_paper_per_version",
            ),
        ]
        indexes = [
            models.Index(fields=["encounter", "id"], name="paper_of_stay"),
            models.Index(
                fields=["facility", "status", "id"],
                name="paper_waiting",
                condition=Q(status__in=["to-check", "returned"]),
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("version_id", "documents_documentversion"),
            SameFacility("created_by_id", "accounts_user"),
            SameFacility("checked_by_id", "accounts_user"),
            SameFacility("sealed_id", "storage_attachment"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.uuid}"

    @property
    def is_open(self) -> bool:
        """Whether its pages may still be arranged."""
        return self.status in self.OPEN


class ScannedPage(FacilityRecord):
    """One page: its picture straightened and encoded anew, where it is filed, or what keeps it from being filed."""

    class Problem(models.TextChoices):
        UNREADABLE = "unreadable", _("This page could not be read. Scan it again.")
        TOO_LARGE = "too_large", _("This page is too large. Scan it with 200 to 300 dots per inch.")
        OTHER_PATIENT = "other_patient", _("This page is another patient's.")
        UNKNOWN = "unknown", _("The code on this page is of no document of this hospital.")
        OUT_OF_REACH = "out_of_reach", _("The code on this page leads to a chart that you don't reach.")
        TWO_CODES = "two_codes", _("Codes of two documents lie on this page. Scan each alone.")
        FROZEN = "frozen", _("The record that this page belongs to takes no more pages now.")

    batch = models.ForeignKey(ScanBatch, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField(help_text="in the file, from 1")
    image = models.ForeignKey(
        "storage.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    thumbnail = models.ForeignKey(
        "storage.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    mark = models.CharField(
        max_length=300, blank=True, default="", help_text="the code on it, as it was read"
    )
    mark_page = models.PositiveSmallIntegerField(default=0, help_text="which page the code says it is")
    rotation = models.PositiveSmallIntegerField(default=0, help_text="degrees clockwise, by hand")
    is_blank = models.BooleanField(default=False)
    problem = models.CharField(max_length=13, choices=Problem, blank=True, default="")
    # The stay that the code names where the page was stopped.
    found = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    patient = models.ForeignKey(
        "registry.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, null=True, blank=True, related_name="pages")
    place = models.PositiveSmallIntegerField(default=0, help_text="in the paper, from 1")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_row_per_page"),
            models.CheckConstraint(
                condition=Q(rotation__in=[0, 90, 180, 270]), name="pages_turn_by_quarters"
            ),
            models.CheckConstraint(
                condition=Q(paper=None) | Q(problem="", image__isnull=False),
                name="filed_pages_have_a_picture",
            ),
        ]
        indexes = [
            models.Index(
                fields=["facility", "id"],
                name="pages_unfiled",
                condition=Q(paper__isnull=True, removed_at__isnull=True),
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("batch_id", "scanning_scanbatch"),
            SameFacility("image_id", "storage_attachment"),
            SameFacility("thumbnail_id", "storage_attachment"),
            SameFacility("found_id", "visits_encounter"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("paper_id", "scanning_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"


class PaperEvent(FacilityRecord):
    """What was done to a paper, by whom and why. Insert-only."""

    class Verb(models.TextChoices):
        FILE = "file", pgettext_lazy("paper event", "page filed")
        MOVE = "move", pgettext_lazy("paper event", "page moved")
        ROTATE = "rotate", pgettext_lazy("paper event", "page turned")
        REMOVE = "remove", pgettext_lazy("paper event", "page taken out")
        RESTORE = "restore", pgettext_lazy("paper event", "page put back")
        UNFILE = "unfile", pgettext_lazy("paper event", "page sent back to the unfiled ones")
        DESCRIBE = "describe", pgettext_lazy("paper event", "day or shelf noted")
        HAND_IN = "hand_in", pgettext_lazy("paper event", "handed in again")
        ACCEPT = "accept", pgettext_lazy("paper event", "accepted")
        RETURN = "return", pgettext_lazy("paper event", "returned")
        SEAL = "seal", pgettext_lazy("paper event", "sealed by the facility")
        ERROR = "error", pgettext_lazy("paper event", "entered in error")

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="events")
    page = models.ForeignKey(ScannedPage, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    verb = models.CharField(max_length=8, choices=Verb)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=now)
    reason = models.CharField(max_length=200, blank=True, default="")

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["paper", "id"], name="events_of_paper")]
        triggers = [
            AppendOnly(),
            SameFacility("paper_id", "scanning_paper"),
            SameFacility("page_id", "scanning_scannedpage"),
            SameFacility("by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.verb}"
