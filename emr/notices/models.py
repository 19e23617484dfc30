"""What people are told, who has seen it, and what went out of the house about it.

The states are the codes of FHIR's CommunicationRequest and Communication; why the names aren't: decision 0007.
"""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.models import Record
from emr.common.triggers import RowHistory, SameFacility
from emr.notices.kinds import Answer, Level, filled, kind_of


class Notice(FacilityRecord):
    """Something that people of a facility have to know; its number is its key."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        COMPLETED = "completed"
        REVOKED = "revoked"

    kind = models.CharField(max_length=60)
    # The same cause is told once: see the constraint.
    key = models.CharField(max_length=200)
    level = models.CharField(max_length=9, choices=Level)
    answer = models.CharField(max_length=4, choices=Answer)
    # Fills the kind's words: counts, codes, names of places.
    parameters = models.JSONField(default=dict)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    # What it is about, for the log and for the room that told it; no key, since this room knows no other's tables.
    about_type = models.CharField(max_length=64, default="")
    about_id = models.BigIntegerField(null=True)
    link_name = models.CharField(max_length=100, default="")
    link_arguments = models.JSONField(default=list)
    authored_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Set when the cause is gone; from then on the same key is a new notice.
    cause_gone_at = models.DateTimeField(null=True)
    # Steps of the ladder done, and when the next one is due.
    step = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "key"], condition=Q(cause_gone_at=None), name="one_notice_per_cause"
            ),
            models.CheckConstraint(
                condition=Q(status="active", closed_at=None)
                | (~Q(status="active") & Q(closed_at__isnull=False)),
                name="closed_notices_say_when",
            ),
            models.CheckConstraint(
                condition=Q(status="active") | Q(next_step_at=None), name="closed_notices_climb_no_ladder"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at"], name="notice_next_step", condition=Q(next_step_at__isnull=False)
            ),
            models.Index(fields=["facility", "kind", "-authored_at"], name="notice_of_kind"),
        ]
        triggers = [SameFacility("closed_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def title(self) -> str:
        """The kind's words in the present language."""
        kind = kind_of(self.kind)
        return filled(kind.title, self.parameters) if kind else self.kind

    @property
    def body(self) -> str:
        """The kind's sentence in the present language."""
        kind = kind_of(self.kind)
        return filled(kind.body, self.parameters) if kind else ""

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to see or answer it."""
        return self.status == self.Status.ACTIVE

    @property
    def is_overdue(self) -> bool:
        """Whether its deadline has passed unanswered."""
        return self.is_active and self.due_at is not None and self.due_at < now()


class NoticeRecipient(Record):
    """One person's copy in the inbox: told at which step, seen and answered when."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="recipients")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    step = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    # Something is still asked of this person.
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "user"], name="one_copy_per_person"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(seen_at__isnull=False), name="answered_means_seen"
            ),
        ]
        indexes = [
            # The bell's question, asked by every page of everybody.
            models.Index(fields=["user", "notice"], name="notice_open_for", condition=Q(is_open=True)),
            models.Index(fields=["user", "-id"], name="notice_inbox"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.user_id}"


class NoticeDelivery(Record):
    """One message about a notice to one person by one channel outside the house."""

    class Status(models.TextChoices):
        PREPARATION = "preparation"
        ON_HOLD = "on-hold"
        COMPLETED = "completed"
        NOT_DONE = "not-done"
        STOPPED = "stopped"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    step = models.PositiveSmallIntegerField()
    address = models.CharField(max_length=254)
    status = models.CharField(max_length=11, choices=Status, default=Status.PREPARATION)
    # Quiet hours: held until then.
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # A code of `channels.PROBLEMS`; the other side's own words stay out.
    problem = models.CharField(max_length=20, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "user", "channel", "step"], name="one_message_per_step_and_channel"
            ),
            models.CheckConstraint(
                condition=~Q(status="on-hold") | Q(not_before__isnull=False), name="held_until_some_time"
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], name="notice_held", condition=Q(status="on-hold")),
            models.Index(fields=["-id"], name="notice_newest_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.user_id} {self.channel}"


class Contact(Record):
    """Where a person can be reached outside the house, and when they want to be left alone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contact")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="", help_text="+84… for SMS")
    chat = models.CharField(max_length=100, blank=True, default="")
    # Channels that only urgent notices may use.
    muted_channels = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    # When the person showed, by a code that was sent there, that the address is theirs; nothing is sent there before.
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    phone_confirmed_at = models.DateTimeField(null=True, blank=True)
    chat_confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            *(
                models.CheckConstraint(
                    condition=~Q(**{name: ""}) | Q(**{f"{name}_confirmed_at": None}),
                    name=f"no_{name}_is_not_confirmed",
                )
                for name in ("email", "phone", "chat")
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="quiet_hours_have_both_ends",
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.user_id}"

    def quiet_ends_at(self, moment: dt.datetime) -> dt.datetime | None:
        """When the quiet hours that the instant falls into end; None outside them. `moment` in the hospital's zone."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        at = moment.time()
        over_midnight = self.quiet_from > self.quiet_until
        if over_midnight:
            is_quiet = at >= self.quiet_from or at < self.quiet_until
        else:
            is_quiet = self.quiet_from <= at < self.quiet_until
        if not is_quiet:
            return None
        end = dt.datetime.combine(moment.date(), self.quiet_until, moment.tzinfo)
        return end + dt.timedelta(days=1) if end <= moment else end


class ContactCode(Record):
    """A one-time code sent to an address that somebody says is theirs. The code itself is kept nowhere: see its service."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    address = models.CharField(max_length=254, help_text="as it was when the code was sent")
    asked_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="wrong ones typed")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "channel", "-asked_at"], name="contact_code_newest")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.user_id} {self.channel}"


class LadderStep(FacilityRecord):
    """A facility's own rung for a kind; where it has none, the ladder that the kind brings counts."""

    kind = models.CharField(max_length=60)
    after_minutes = models.PositiveIntegerField()
    audience = models.CharField(max_length=24)
    channels = ArrayField(models.CharField(max_length=8), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "after_minutes", "audience"],
                name="one_rung_per_time_and_audience",
            )
        ]
        ordering: ClassVar[list[str]] = ["facility", "kind", "after_minutes", "id"]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.kind} +{self.after_minutes}"
