"""Ward rounds: one PIN entry lasts for a set time, in one ward, until the screen locks or changes hands.

The PIN stands nowhere. Sealed under a key that only the round's row has, it travels in a cookie of this browser: the row
alone says nothing, the cookie alone opens nothing (decision 0014).
"""

import base64
import binascii
import datetime as dt
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.debug import sensitive_variables

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import Round, StaffSession
from emr.signin.selectors import row_of

ROUND_MINUTES = 60
_LONGEST = 240
_KEY, _NONCE = 32, 12
declare(
    Whole(
        name="round_minutes",
        room="signin",
        label=gettext_lazy("One PIN on a ward round lasts"),
        help=gettext_lazy("0: the PIN is asked for every document."),
        default=ROUND_MINUTES,
        least=0,
        most=_LONGEST,
        unit=pgettext_lazy("unit", "minutes"),
        is_grave=True,
    )
)


def round_minutes(facility_id: int) -> int:
    """How long a round lasts (facility setting `round_minutes`); 0: the facility wants none."""
    return min(max(int(facility_setting(facility_id, "round_minutes")), 0), _LONGEST)


@sensitive_variables("secret", "key")
@transaction.atomic
def begin_round(
    *, session: StaffSession, user: User, department: Organization, secret: bytes
) -> tuple[Round, str]:
    """The person has just proved the PIN: for a while nobody asks again for this ward's papers. A round elsewhere ends.

    Answers the round and the sealed PIN, for this browser alone (`keep_in_browser`). The caller has had the PIN checked.
    Refuses a ward that the person doesn't work in.
    """
    if session.user_id != user.pk or session.is_locked(now()):
        raise DomainError(_("The screen is locked."), code="locked")
    if not _works_in(user, department.pk):
        raise DomainError(_("You do not work in this department."), code="other_department")
    minutes = round_minutes(user.facility_id)
    if not minutes:
        raise DomainError(_("Your hospital wants the PIN for every document."), code="no_rounds")
    until = now() + dt.timedelta(minutes=minutes)
    Round.objects.filter(session=session).delete()
    key = secrets.token_bytes(_KEY)
    begun = Round.objects.create(session=session, user=user, department=department, until=until, key=key)
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, secret, _bound_to(begun))
    record("round.begin", by=user, of=begun, detail={"department": department.pk, "until": until})
    return begun, base64.urlsafe_b64encode(sealed).decode()


def _bound_to(begun: Round) -> bytes:
    """What the seal holds for: this session, person, ward and hour."""
    until = begun.until.astimezone(dt.UTC).isoformat()
    return f"{begun.session_id}|{begun.user_id}|{begun.department_id}|{until}".encode()


def _works_in(user: User, department_id: int) -> bool:
    return any(held.department_id == department_id for held in user.current_roles)


@sensitive_variables("secret")
def round_of(*, session: StaffSession, user: User, sealed: str) -> tuple[Round, bytes] | None:
    """The round under way here and the PIN that was sealed for it; None when any of it doesn't fit or is over."""
    if not sealed or session.user_id != user.pk or session.is_locked(now()):
        return None
    rows = Round.objects.select_related("department").filter(session=session, user=user)
    begun = rows.first()
    if begun is None:
        return None
    if begun.until <= now():
        begun.delete()
        return None
    try:
        blob = base64.b64decode(sealed, altchars=b"-_", validate=True)
        secret = AESGCM(bytes(begun.key)).decrypt(blob[:_NONCE], blob[_NONCE:], _bound_to(begun))
    except (InvalidTag, ValueError, binascii.Error):
        return None
    return (begun, secret) if _works_in(user, begun.department_id) else None


@transaction.atomic
def end_rounds(*, session: StaffSession) -> None:
    """The round is over: the screen was locked, or the person says so. With its key the sealed PIN is worth nothing."""
    for begun in Round.objects.filter(session=session).select_related("user"):
        record("round.end", by=begun.user, of=begun, detail={"department": begun.department_id})
        begun.delete()


def forget_rounds() -> int:
    """Remove the keys of rounds that are over. Returns how many."""
    return Round.objects.filter(until__lte=now()).delete()[0]


def _cookie() -> str:
    return "__Host-round" if settings.SESSION_COOKIE_SECURE else "round"


def round_here(request: HttpRequest, user: User) -> tuple[Round, bytes] | None:
    """The round of this browser and its PIN; costs no query where no cookie came along."""
    sealed = request.COOKIES.get(_cookie(), "")
    return round_of(session=row_of(request), user=user, sealed=sealed) if sealed else None


def begin_here(request: HttpRequest, *, user: User, department: Organization, secret: bytes) -> str:
    """Begin a round in this request's session; the rest of the request sees it. Answers what `keep_in_browser` takes."""
    _begun, sealed = begin_round(session=row_of(request), user=user, department=department, secret=secret)
    request.COOKIES[_cookie()] = sealed
    return sealed


def keep_in_browser(response: HttpResponse, sealed: str) -> None:
    """Give the sealed PIN to this browser, until it is closed; scripts and other sites never get at it."""
    response.set_cookie(
        _cookie(), sealed, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Strict", path="/"
    )


def forget_in_browser(request: HttpRequest, response: HttpResponse) -> None:
    """The browser throws its half away, if it has one."""
    if _cookie() in request.COOKIES:
        response.delete_cookie(_cookie(), path="/", samesite="Strict")
