"""The next person at a shared PC: a badge or a name, a PIN, and the work goes on under their own name (S-18)."""

import base64
import functools
import hashlib
import itertools
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import Badge, StaffSession, SwitchPin
from emr.signin.services.sessions import begin, unlock

BADGE_MARK = "EMRB"  # what a scanned line begins with
_PIN_LENGTH = range(6, 13)


# Checked where there is nothing to check, so that the time of an answer tells nobody who exists.
@functools.cache
def _nobodys() -> str:
    return make_password("nobody's PIN")


def is_pin(text: str) -> bool:
    """Whether the text has the shape of a PIN."""
    return text.isascii() and text.isdigit() and len(text) in _PIN_LENGTH


def fingerprint(code: str) -> str:
    """How a badge's code is kept. It has 128 random bits, so a plain digest can't be guessed back."""
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()


@transaction.atomic
def issue_badge(*, user: User, by: User) -> tuple[Badge, str]:
    """A new card for the person; an old one stops working. The code is answered this once and kept nowhere."""
    for old in Badge.objects.select_for_update().filter(user=user, revoked_at=None):
        revoke_badge(badge=old, by=by)
    code = BADGE_MARK + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
    badge = Badge.objects.create(user=user, fingerprint=fingerprint(code), ending=code[-4:], issued_by=by)
    record("badge.issue", by=by, of=badge, detail={"user": user.pk})
    return badge, code


@transaction.atomic
def revoke_badge(*, badge: Badge, by: User) -> None:
    """The card opens nothing any more."""
    badge.revoked_at, badge.revoked_by = now(), by
    badge.save(update_fields=["revoked_at", "revoked_by"])
    record("badge.revoke", by=by, of=badge, detail={"user": badge.user_id})


@transaction.atomic
def set_pin(*, user: User, pin: str) -> None:
    """Give oneself a PIN for shared PCs. Raises DomainError for one that is too short or easily guessed."""
    if not is_pin(pin):
        raise DomainError(_("The PIN has 6 to 12 digits."), code="pin_shape", field="pin")
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise DomainError(
            _("Choose a PIN that isn't a row of equal or consecutive digits."), code="pin_easy", field="pin"
        )
    keep_pin(user=user, pin=pin)
    record("switch_pin.set", by=user, of=user)


def keep_pin(*, user: User, pin: str) -> None:
    """Store the PIN's hash."""
    kept = {"secret": make_password(pin), "wrong_count": 0, "changed_at": now()}
    SwitchPin.objects.update_or_create(user=user, defaults=kept)


def forgive_pin(user: User) -> None:
    """The person came in with more than a PIN: guesses of before no longer count."""
    SwitchPin.objects.filter(user=user).exclude(wrong_count=0).update(wrong_count=0)


def uses_pin(user: User | None) -> bool:
    """Whether the person has a PIN."""
    return SwitchPin.objects.filter(user=user).exists()


def holder_of(code: str) -> tuple[User, Badge] | None:
    """Whose badge it is; None for one unknown or revoked."""
    badge = (
        Badge.objects.select_related("user").filter(fingerprint=fingerprint(code), revoked_at=None).first()
    )
    return (badge.user, badge) if badge is not None and badge.user.is_active else None


def has_pin(user: User | None, pin: str) -> bool:
    """Whether this is the person's PIN. Guesses are counted, one after another; let the transaction commit."""
    kept = SwitchPin.objects.select_for_update().filter(user=user).first() if user is not None else None
    if kept is None or kept.is_blocked:
        check_password(pin, _nobodys())
        return False
    if check_password(pin, kept.secret):
        if kept.wrong_count:
            kept.wrong_count = 0
            kept.save(update_fields=["wrong_count"])
        return True
    kept.wrong_count += 1
    kept.save(update_fields=["wrong_count"])
    return False


@transaction.atomic
def take_over(
    request: HttpRequest, *, row: StaffSession, user: User, method: str, badge: Badge | None
) -> None:
    """The person whose locked screen it is goes on, or another takes the PC over; nothing of the one before stays open."""
    if badge is not None:
        badge.used_at = now()
        badge.save(update_fields=["used_at"])
    if row.user_id == user.pk:
        unlock(request, user=user, method=method, anew=False)
        return
    before = row.user
    record("user.hand_over", by=before, of=before, detail={"to": user.pk})
    begin(request, user=user, method=method, opened_at=row.opened_at)
