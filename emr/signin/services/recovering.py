"""A lost password or second factor: two administrators, one code, once (S-21)."""

import base64
import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.accounts.services import end_sessions, facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import Recovery
from emr.signin.services.factors import fingerprint, remove_factors
from emr.signin.services.passwords import keep_password

_LASTS = dt.timedelta(hours=24)


def needs_two(user: User) -> bool:
    """Whether a second administrator must confirm (facility setting `recovery_needs_two`; a house with one says no)."""
    return bool(facility_setting(user.facility_id, "recovery_needs_two", True))


@transaction.atomic
def ask_recovery(*, user: User, kind: str, by: User) -> Recovery:
    """An administrator has the person before them who lost something. An earlier recovery dies."""
    if user.pk == by.pk:
        raise DomainError(_("Another administrator must do this for you."), code="own_account")
    Recovery.objects.filter(user=user, ended_at=None).update(ended_at=now())
    row = Recovery.objects.create(user=user, kind=kind, asked_by=by, expires_at=now() + _LASTS)
    record("recovery.request", by=by, of=user, detail={"kind": kind})
    return row


@transaction.atomic
def confirm_recovery(*, recovery: Recovery, by: User) -> str:
    """A second administrator agrees; the code is answered this once and lasts a day."""
    row = Recovery.objects.select_for_update().get(pk=recovery.pk)
    if row.ended_at is not None or row.confirmed_by_id is not None or row.expires_at <= now():
        raise DomainError(_("This recovery is over. Ask for a new one."), code="over")
    if by.pk == row.user_id or (by.pk == row.asked_by_id and needs_two(row.user)):
        raise DomainError(_("A second administrator must confirm this."), code="second_person")
    code = base64.b32encode(secrets.token_bytes(10)).decode()
    row.confirmed_by, row.fingerprint, row.expires_at = by, fingerprint(code), now() + _LASTS
    row.save(update_fields=["confirmed_by", "fingerprint", "expires_at"])
    record("recovery.confirm", by=by, of=row.user, detail={"kind": row.kind, "asked_by": row.asked_by_id})
    return "-".join(code[at : at + 4] for at in range(0, 16, 4))


@transaction.atomic
def cancel_recovery(*, recovery: Recovery, by: User) -> None:
    """It was a mistake."""
    Recovery.objects.filter(pk=recovery.pk, ended_at=None).update(ended_at=now())
    record("recovery.cancel", by=by, of=recovery.user)


def recovery_for(username: str, code: str) -> Recovery | None:
    """The open recovery that this code is of. Guesses are counted: after a few it dies; let the transaction commit."""
    typed = "".join(code.split()).replace("-", "").upper()
    row = (
        Recovery.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(user__username=username.strip().lower(), ended_at=None, expires_at__gt=now())
        .exclude(fingerprint="")
        .first()
    )
    if row is None or not row.user.is_active:
        return None
    if secrets.compare_digest(row.fingerprint, fingerprint(typed)):
        return row
    row.wrong_count += 1
    if row.wrong_count >= Recovery.GUESS_LIMIT:
        row.ended_at = now()
    row.save(update_fields=["wrong_count", "ended_at"])
    record("recovery.refuse", by=row.user, of=row.user, outcome="denied")
    return None


@transaction.atomic
def use_recovery(*, recovery: Recovery, new_password: str) -> None:
    """The person takes the account back: a new password, or no second factor until the next is set up."""
    user = recovery.user
    if recovery.kind == Recovery.Kind.PASSWORD:
        keep_password(user=user, password=new_password)
    else:
        remove_factors(user=user, by=user)
    Recovery.objects.filter(pk=recovery.pk).update(ended_at=now())
    end_sessions(user=user, by=user, reason="recovery")
    record("recovery.use", by=user, of=user, detail={"kind": recovery.kind})
