"""Forms being changed: no part of any record until one is published as a version of its own."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.forms.models import Questionnaire


class FormDraft(FacilityRecord):
    """The next version of a form, or a new one, while it is worked on.

    `resource` is a FHIR R4 Questionnaire that may be unfinished; `code` is the form's number here, whatever that says.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        DISCARDED = "discarded", _("Discarded")

    code = models.CharField(max_length=20)
    resource = models.JSONField(encoder=DjangoJSONEncoder)
    # Optimistic lock: a step names the revision that its page showed.
    revision = models.PositiveIntegerField(default=1)
    based_on = models.ForeignKey(
        Questionnaire,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="the version that it will follow",
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)
    published_as = models.OneToOneField(
        Questionnaire, on_delete=models.PROTECT, null=True, blank=True, related_name="draft"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(
        max_length=300, blank=True, default="", help_text="what is new, said at publishing"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "code"], condition=Q(status="draft"), name="one_open_draft_a_form"
            ),
            models.CheckConstraint(
                condition=Q(
                    status="published",
                    published_as__isnull=False,
                    published_by__isnull=False,
                    published_at__isnull=False,
                )
                | (
                    ~Q(status="published")
                    & Q(published_as__isnull=True, published_by__isnull=True, published_at__isnull=True)
                ),
                name="a_published_draft_says_as_what_and_by_whom",
            ),
        ]
        triggers = [RowHistory("status")]

    def __str__(self) -> str:
        return f"{self.code} r{self.revision}"

    @property
    def title(self) -> str:
        """The form's name in its own language."""
        return str(self.resource.get("title") or "")

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.DRAFT


class FormStep(FacilityRecord):
    """One change of a draft: who did what, and the form as it was after it. Insert-only."""

    class Verb(models.TextChoices):
        BEGIN = "begin", _("begun")
        COPY_FORM = "copy_form", _("begun as a copy")
        IMPORT = "import", _("taken in from a file")
        ADD = "add", _("field added")
        CHANGE = "change", _("field changed")
        MOVE = "move", _("field moved")
        COPY = "copy", _("field duplicated")
        REMOVE = "remove", _("field removed")
        HEADING = "heading", _("form as a whole changed")
        TAKE_BACK = "take_back", _("last change taken back")

    append_only = True

    draft = models.ForeignKey(FormDraft, on_delete=models.PROTECT, related_name="steps")
    revision = models.PositiveIntegerField()
    verb = models.CharField(max_length=12, choices=Verb)
    link_id = models.CharField(max_length=255, blank=True, default="")
    # The revision that taking this step back leads to; none: there is nothing before it.
    before = models.PositiveIntegerField(null=True, blank=True)
    resource = models.JSONField(encoder=DjangoJSONEncoder)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "revision"], name="one_step_a_revision"),
        ]
        triggers = [AppendOnly(), SameFacility("draft_id", "designing_formdraft")]

    def __str__(self) -> str:
        return f"{self.draft_id} r{self.revision} {self.verb}"
