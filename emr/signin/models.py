"""Who is at which device."""

import datetime as dt
import re
import uuid as uuids
from typing import Any, ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import pgettext_lazy

from emr.accounts.models import User
from emr.common.clock import now

# However busy somebody is, after so long they come in anew with all they have (S-16).
LONGEST = dt.timedelta(hours=12)
IDLE_MINUTES = 10


class StaffSession(AbstractBaseSession):
    """Somebody at a device, from coming in until going out. The middleware reads this row with every request anyway."""

    class Method(models.TextChoices):
        PASSWORD = "password", pgettext_lazy("signing in", "Password")

    uuid = models.UUIDField(default=uuids.uuid4, unique=True, editable=False)
    # Empty while the person is still coming in.
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="sessions")
    method = models.CharField(max_length=12, choices=Method, default=Method.PASSWORD)
    address = models.CharField(max_length=45, blank=True, default="")
    device = models.CharField(max_length=200, blank=True, default="", help_text="what the browser says it is")
    started_at = models.DateTimeField(default=now, help_text="this person came in")
    opened_at = models.DateTimeField(
        default=now,
        help_text="somebody last came in here with all they have; the absolute age counts from it",
    )
    active_at = models.DateTimeField(default=now, help_text="the last request that a person made")
    idle_seconds = models.PositiveIntegerField(default=IDLE_MINUTES * 60)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user"], name="sessions_of_a_person")]

    # What the request that saves the session may change; activity and lock are written apart, lest a slow request
    # undo what a quicker one wrote meanwhile.
    SAVED_BY_REQUESTS: ClassVar[list[str]] = ["session_data", "expire_date", "user"]

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The store of these rows."""
        from emr.signin.sessions import SessionStore  # noqa: PLC0415

        return SessionStore

    def save(self, *args: Any, force_update: bool = False, **kwargs: Any) -> None:
        if force_update:
            kwargs.setdefault("update_fields", self.SAVED_BY_REQUESTS)
        super().save(*args, force_update=force_update, **kwargs)

    @property
    def device_name(self) -> str:
        """The browser and its system, as far as the browser says: "Chrome 109, Windows"."""
        browser = re.search(r"(Edg|Firefox|Chrome|Safari)/(\d+)", self.device)
        system = re.search(r"Windows|Android|iPhone|iPad|Mac OS X|Linux", self.device)
        words = [
            f"{browser[1].replace('Edg', 'Edge')} {browser[2]}" if browser else "",
            system[0] if system else "",
        ]
        return ", ".join(filter(None, words)) or self.device[:40]

    def is_over(self, at: dt.datetime) -> bool:
        """Whether the session has reached its absolute age."""
        return self.opened_at + LONGEST <= at

    def idle_left(self, at: dt.datetime) -> int:
        """Seconds until it locks by itself; none is 0."""
        return max(0, int(self.idle_seconds - (at - self.active_at).total_seconds()))

    def is_locked(self, at: dt.datetime) -> bool:
        """Whether only who unlocks it may go on."""
        return self.locked_at is not None or self.idle_left(at) == 0
