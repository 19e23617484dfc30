"""Sessions begin, rest, are unlocked and end."""

import datetime as dt

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from emr.accounts.models import User
from emr.accounts.services import end_sessions, facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.signin.models import IDLE_MINUTES, StaffSession
from emr.signin.selectors import row_of
from emr.signin.services.factors import has_factor, must_have_factor
from emr.signin.services.rounds import end_rounds

# Activity is written this often; the idle time is that much shorter at most.
_NOTED_EVERY = dt.timedelta(seconds=30)
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def idle_seconds_of(user: User) -> int:
    """How long a PC of the person's facility may rest, from one minute to an hour."""
    minutes = facility_setting(user.facility_id, "idle_minutes", IDLE_MINUTES)
    return min(max(int(minutes), 1), 60) * 60


@transaction.atomic
def begin(
    request: HttpRequest, *, user: User, method: str, opened_at: dt.datetime | None = None
) -> StaffSession:
    """Open a session of the person's with a new id; whatever session was there before is dead (S-15).

    `opened_at` is that of the session before, when a PIN alone has handed it over: its absolute age goes on.
    """
    logout(request)
    login(request, user, backend=_BACKEND)
    request.session.save()
    row = row_of(request)
    row.method, row.idle_seconds, row.opened_at = method, idle_seconds_of(user), opened_at or row.opened_at
    if opened_at is not None:
        row.proved_at = None
    row.must = StaffSession.Must.FACTOR if must_have_factor(user) and not has_factor(user) else ""
    row.save(update_fields=["method", "idle_seconds", "opened_at", "proved_at", "must"])
    record("user.sign_in", by=user, of=user, detail={"method": method})
    return row


@transaction.atomic
def leave(request: HttpRequest, *, user: User) -> None:
    """End the session at its person's wish."""
    record("user.sign_out", by=user, of=user)
    logout(request)


def note_activity(row: StaffSession, *, at: dt.datetime) -> None:
    """A person did something here. Polling is no activity: the middleware doesn't call this for it (S-16)."""
    if at - row.active_at >= _NOTED_EVERY:
        row.active_at = at
        StaffSession.objects.filter(pk=row.pk).update(active_at=at)


def stay(row: StaffSession) -> None:
    """The person said that they are still here."""
    row.active_at = now()
    StaffSession.objects.filter(pk=row.pk, locked_at=None).update(active_at=row.active_at)


@transaction.atomic
def lock(row: StaffSession, *, user: User, by_hand: bool) -> None:
    """Shut the session until its person, or the next one, says who they are."""
    row.locked_at = now()
    end_rounds(session=row)
    if StaffSession.objects.filter(pk=row.pk, locked_at=None).update(locked_at=row.locked_at):
        record("user.lock", by=user, of=user, detail={"by_hand": by_hand})


@transaction.atomic
def unlock(request: HttpRequest, *, user: User, method: str, anew: bool) -> None:
    """The session's own person is back. `anew`: with all they have, so that its absolute age counts from now."""
    request.session.cycle_key()
    row = row_of(request)
    row.locked_at, row.active_at = None, now()
    if anew:
        row.opened_at = row.active_at
    row.save(update_fields=["locked_at", "active_at", "opened_at"])
    record("user.unlock", by=user, of=user, detail={"method": method})


@transaction.atomic
def end_one(row: StaffSession, *, by: User) -> None:
    """End one session; its device is signed out with its next request."""
    if row.user is not None:
        record("session.end", by=by, of=row.user, detail={"session": str(row.uuid)})
    StaffSession.objects.filter(pk=row.pk).delete()


@transaction.atomic
def end_all(*, user: User, by: User, reason: str, but_for: HttpRequest | None = None) -> int:
    """End everything that the person has open; `but_for` keeps the session of that request. Returns how many."""
    kept = row_of(but_for).pk if but_for is not None else ""
    end_sessions(user=user, by=by, reason=reason)
    ended, _ = StaffSession.objects.filter(user=user).exclude(pk=kept).delete()
    if but_for is not None:
        update_session_auth_hash(but_for, user)
    return ended


def forget_ended() -> int:
    """Remove the rows of sessions that nobody can use any more. Returns how many."""
    return StaffSession.objects.filter(expire_date__lt=now()).delete()[0]
