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
from emr.common.models import Record

# However busy somebody is, after so long they come in anew with all they have (S-16).
LONGEST = dt.timedelta(hours=12)
IDLE_MINUTES = 10


class StaffSession(AbstractBaseSession):
    """Somebody at a device, from coming in until going out. The middleware reads this row with every request anyway."""

    class Method(models.TextChoices):
        PASSWORD = "password", pgettext_lazy("signing in", "Password")
        PIN = "pin", pgettext_lazy("signing in", "PIN at a shared PC")
        BADGE = "badge", pgettext_lazy("signing in", "Badge and PIN")
        PASSKEY = "passkey", pgettext_lazy("signing in", "Security key")
        OIDC = "oidc", pgettext_lazy("signing in", "Hospital account (OpenID Connect)")
        LDAP = "ldap", pgettext_lazy("signing in", "Hospital account (directory)")

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


class SwitchPin(Record):
    """A short secret that opens a locked screen of the house's own, and nothing else (S-21).

    After a few wrong ones in a row only the password helps; the account itself is never locked by them (S-20).
    """

    GUESS_LIMIT = 5

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="switch_pin")
    secret = models.CharField(max_length=128, help_text="hashed like a password")
    wrong_count = models.PositiveIntegerField(default=0, help_text="in a row")
    changed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"PIN {self.user_id}"

    @property
    def is_blocked(self) -> bool:
        """Whether no PIN may be tried until the person has come in with the password."""
        return self.wrong_count >= self.GUESS_LIMIT


class Badge(Record):
    """A card with a scanned code of the person's: says who stands at the screen; the PIN proves it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="badges")
    fingerprint = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the code, which is nowhere"
    )
    ending = models.CharField(max_length=4, help_text="of the code, to tell cards apart")
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            # Who loses a card gets another; two that work would be one too many.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(revoked_at=None), name="one_badge_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.ending}"
