"""Second factors: an app's codes, codes on paper, and proof that somebody is still the same (S-22)."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import CodeApp, Passkey, RecoveryCode, StaffSession
from emr.storage import keys

_STEP, _DIGITS = 30, 6  # what every app assumes
_FREE_GUESSES = 5
_CODES = 10
# The demo's people come in with a password alone; a real house begins with its administrators.
_REQUIRED: list[str] = ["admin"]


def must_have_factor(user: User) -> bool:
    """Whether one of the person's roles asks for a second factor (facility setting `second_factor_roles`)."""
    default = [] if settings.EMR_DEMO else _REQUIRED
    wanted = facility_setting(user.facility_id, "second_factor_roles", default)
    return any(user.has_role(str(role)) for role in wanted)


def has_factor(user: User) -> bool:
    """Whether the person has a second factor that works."""
    apps = CodeApp.objects.filter(user=user).exclude(confirmed_at=None)
    return apps.exists() or Passkey.objects.filter(user=user).exists()


def _secret_of(app: CodeApp) -> bytes:
    return keys.unwrap(bytes(app.sealed_secret), app.sealed_by)


@transaction.atomic
def offer_code_app(user: User) -> CodeApp:
    """A secret for the person's app; it counts once a code of it has been typed."""
    app = CodeApp.objects.select_for_update().filter(user=user).first()
    if app is not None:
        return app
    sealed, by = keys.wrap(secrets.token_bytes(24))
    return CodeApp.objects.create(user=user, sealed_secret=sealed, sealed_by=by)


def secret_words(app: CodeApp) -> tuple[str, str]:
    """(the secret as typed by hand, the address for the picture); only while it isn't confirmed."""
    if app.confirmed_at is not None:
        raise DomainError(_("The secret was shown when the app was set up."), code="confirmed")
    secret = _secret_of(app)
    totp = TOTP(secret, _DIGITS, SHA1(), _STEP)  # nosec B303 # noqa: S303  what the apps speak
    uri = totp.get_provisioning_uri(app.user.username, app.user.facility.name)
    return base64.b32encode(secret).decode().rstrip("="), uri


@transaction.atomic
def confirm_code_app(*, user: User, code: str) -> list[str]:
    """The first code proves that the app has the secret. Answers codes for paper when the person has none yet."""
    app = CodeApp.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    if app is None or not _fits(app, code):
        raise DomainError(
            _("This code does not fit. Is the phone's clock right?"), code="wrong_code", field="code"
        )
    app.confirmed_at = now()
    app.save(update_fields=["confirmed_at", "last_step"])
    record("second_factor.add", by=user, of=app, detail={"kind": "app"})
    return [] if RecoveryCode.objects.filter(user=user, used_at=None).exists() else renew_codes(user)


def _fits(app: CodeApp, code: str) -> bool:
    """Whether the code is of now, the half minute before or after, and of none used already."""
    hotp = HOTP(_secret_of(app), _DIGITS, SHA1())  # nosec B303 # noqa: S303
    present = int(time.time()) // _STEP
    for step in (present - 1, present, present + 1):
        if step > app.last_step and hmac.compare_digest(hotp.generate(step).decode(), code):
            app.last_step = step
            return True
    return False


def check_code(user: User, code: str) -> bool:
    """Whether this is the person's code, from the app or from paper. Guesses are counted; let the transaction commit."""
    typed = "".join(code.split()).replace("-", "").upper()
    app = CodeApp.objects.select_for_update().filter(user=user).exclude(confirmed_at=None).first()
    if app is not None and app.locked_until is not None and app.locked_until > now():
        return False
    if app is not None and _fits(app, typed):
        app.wrong_count, app.locked_until = 0, None
        app.save(update_fields=["last_step", "wrong_count", "locked_until"])
        return True
    paper = RecoveryCode.objects.filter(user=user, fingerprint=fingerprint(typed), used_at=None)
    if paper.update(used_at=now()):
        record("recovery_code.use", by=user, of=user)
        return True
    if app is not None:
        app.wrong_count += 1
        if (excess := app.wrong_count - _FREE_GUESSES) >= 0:
            app.locked_until = now() + dt.timedelta(seconds=30 * 2 ** min(excess, 5))
        app.save(update_fields=["wrong_count", "locked_until"])
    record("second_factor.refuse", by=user, of=user, outcome="denied")
    return False


def fingerprint(code: str) -> str:
    """How codes of 80 random bits are kept."""
    return hashlib.sha256(code.encode()).hexdigest()


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """Ten new codes for paper; those of before die. They are answered this once."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _code in range(_CODES)]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, fingerprint=fingerprint(code)) for code in codes]
    )
    record("recovery_code.create", by=user, of=user, detail={"count": _CODES})
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


@transaction.atomic
def rewrap_secrets() -> int:
    """After `EMR_FILE_KEY` got a new first key: wrap every app's secret under it. Returns how many."""
    old = list(CodeApp.objects.select_for_update().exclude(sealed_by=keys.current()))
    for app in old:
        app.sealed_secret, app.sealed_by = keys.wrap(_secret_of(app))
        app.save(update_fields=["sealed_secret", "sealed_by"])
    return len(old)


@transaction.atomic
def remove_code_app(user: User) -> None:
    """The app's codes open nothing any more."""
    removed, _each = CodeApp.objects.filter(user=user).delete()
    if removed:
        record("second_factor.remove", by=user, of=user, detail={"kind": "app"})


@transaction.atomic
def remove_factors(*, user: User, by: User) -> None:
    """Everything but the password goes: the phone is lost. The next sign-in asks for new ones where the role needs them."""
    for model in (CodeApp, Passkey, RecoveryCode):
        model.objects.filter(user=user).delete()
    record("second_factor.remove", by=by, of=user, detail={"kind": "all"})


def prove(row: StaffSession) -> None:
    """The person has just proved anew who they are."""
    row.proved_at = now()
    StaffSession.objects.filter(pk=row.pk).update(proved_at=row.proved_at)


def finish(row: StaffSession) -> None:
    """The second factor that had to come first is there; it was proved while it was set up."""
    row.must, row.proved_at = "", now()
    row.save(update_fields=["must", "proved_at"])
