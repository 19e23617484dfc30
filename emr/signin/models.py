"""Who is at which device."""

import datetime as dt
import re
import uuid as uuids
from typing import Any, ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord, Organization, User
from emr.common.clock import now
from emr.common.models import Record
from emr.common.triggers import RowHistory

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
        FIRST = "first", pgettext_lazy("signing in", "First password")
        LDAP = "ldap", pgettext_lazy("signing in", "Hospital account (directory)")
        LAUNCH = "launch", pgettext_lazy("signing in", "Link from the HIS")

    class Must(models.TextChoices):
        """What the person has to do before anything else."""

        FACTOR = "factor"
        PASSWORD = "password"  # noqa: S105  nosec B105  what is to be done, no secret

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
    proved_at = models.DateTimeField(
        default=now,
        null=True,
        help_text="last proved who they are with all they have (S-22); a PIN alone isn't that",
    )
    must = models.CharField(max_length=8, choices=Must, blank=True, default="")

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

    def is_fresh(self, minutes: int, at: dt.datetime) -> bool:
        """Whether the person has proved who they are within so many minutes."""
        return self.proved_at is not None and self.proved_at + dt.timedelta(minutes=minutes) > at

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


class CodeApp(Record):
    """The app on the person's phone that shows a new code every half minute (TOTP, RFC 6238)."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="code_app")
    sealed_secret = models.BinaryField(help_text="wrapped under EMR_FILE_KEY")
    sealed_by = models.CharField(max_length=16)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(
        default=0, help_text="half minute of the last code: none works twice (S-21)"
    )
    wrong_count = models.PositiveIntegerField(default=0, help_text="in a row")
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"app of {self.user_id}"


class Passkey(Record):
    """A security key, fingerprint or phone that signs for the person (WebAuthn)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(unique=True)
    credential = models.BinaryField(help_text="attested credential data: identifier and public key")
    sign_count = models.BigIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(Record):
    """One of ten codes on paper for the day the phone is lost; each works once."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    fingerprint = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "fingerprint"], name="one_recovery_code_each")]

    def __str__(self) -> str:
        return f"code of {self.user_id}"


class Recovery(Record):
    """A lost password or second factor: one administrator asks, another confirms, the person uses the code once (S-21)."""

    class Kind(models.TextChoices):
        PASSWORD = "password", pgettext_lazy("recovery", "Lost password")
        FACTOR = "factor", pgettext_lazy("recovery", "Lost second factor")

    GUESS_LIMIT = 5

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recoveries")
    kind = models.CharField(max_length=8, choices=Kind)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    expires_at = models.DateTimeField()
    wrong_count = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="used, given up, or replaced")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(ended_at=None), name="one_recovery_at_a_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(asked_by=models.F("user")) & ~models.Q(confirmed_by=models.F("user")),
                name="nobody_recovers_themselves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class FirstPassword(Record):
    """What one administrator reads out for a new account: opens once the page for a password of one's own."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="first_password")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256; the word itself is nowhere")
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(issued_by=models.F("user")), name="nobody_issues_their_own_password"
            ),
        ]

    def __str__(self) -> str:
        return f"first password of {self.user_id}"


class Round(Record):
    """On a ward round one PIN entry lasts for a while, in this ward, in this session alone.

    No row history: the key goes with the row, and what was sealed under it is worth nothing then.
    """

    session = models.ForeignKey(
        StaffSession, on_delete=models.CASCADE, to_field="uuid", related_name="rounds"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    key = models.BinaryField(help_text="opens the PIN that this browser alone has, sealed, in a cookie")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session"], name="one_round_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.department_id}"


class GroupRole(FacilityRecord):
    """A group of the hospital's directory or provider, and the role that its members hold here."""

    group = models.CharField(max_length=200, help_text="its name, or its distinguished name")
    role = models.CharField(max_length=24)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "group", "role", "department"], name="one_mapping_of_a_group"
            ),
        ]
        ordering: ClassVar[list[str]] = ["group", "role"]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.group}: {self.role}"
