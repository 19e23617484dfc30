"""The first password of a new account: read out once by one administrator, good for one coming in (S-21).

It is no password of the account: all it opens is the page where the person chooses their own. An account that anybody
has ever come in with comes back by two administrators alone (`recovering`).
"""

import datetime as dt
import secrets

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.signin.models import FirstPassword, StaffSession
from emr.signin.selectors import row_of
from emr.signin.services.factors import fingerprint, has_factor, must_have_factor
from emr.signin.services.passwords import change_password
from emr.signin.services.sessions import begin

LASTS = dt.timedelta(hours=72)
# Without what is mistaken for another letter when it is read from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def may_have_first_password(user: User) -> bool:
    """Whether nobody has come in with the account yet, and it has no password of its own."""
    return user.came_in_at is None and not user.has_usable_password()


@transaction.atomic
def issue_first_password(*, user: User, by: User) -> str:
    """A first password, answered this once; one from before dies. Refuses an account that was ever in use, and one's own."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.pk == by.pk:
        raise DomainError(_("Another administrator has to do this for you."), code="own_roles")
    if not may_have_first_password(user):
        raise DomainError(
            _("The account was in use before: two administrators bring it back, under “Signing in”."),
            code="in_use",
        )
    word = "-".join("".join(secrets.choice(_ALPHABET) for _each in range(5)) for _group in range(4))
    FirstPassword.objects.update_or_create(
        user=user,
        defaults={
            "fingerprint": fingerprint(_bare(word)),
            "issued_by": by,
            "expires_at": now() + LASTS,
            "used_at": None,
        },
    )
    record("user.password_issued", by=by, of=user, detail={"expires_at": now() + LASTS})
    publish("user.password_issued", order_key=f"user:{user.pk}", user_id=user.pk)
    return word


def _bare(word: str) -> str:
    """As it is compared: above 95 random bits, so that a plain digest can't be guessed back."""
    return "".join(letter for letter in word.lower() if letter.isalnum())


def first_password_of(username: str, word: str) -> FirstPassword | None:
    """The first password that this is, while it is good; looking uses nothing up."""
    rows = FirstPassword.objects.select_related("user").filter(
        user__username=username, user__is_active=True, used_at=None, expires_at__gt=now()
    )
    row = rows.first()
    if row is None or not secrets.compare_digest(row.fingerprint, fingerprint(_bare(word))):
        return None
    return row if may_have_first_password(row.user) else None


@transaction.atomic
def come_in_first(request: HttpRequest, *, row: FirstPassword) -> None:
    """Use it up and open a session that does nothing but choose a password. Refuses the second of two at one moment."""
    used = FirstPassword.objects.filter(
        pk=row.pk, fingerprint=row.fingerprint, used_at=None, expires_at__gt=now()
    )
    if not used.update(used_at=now()):
        raise DomainError(_("The username or the password is wrong."), code="used")
    session = begin(request, user=row.user, method=StaffSession.Method.FIRST)
    session.must = StaffSession.Must.PASSWORD
    session.save(update_fields=["must"])


@transaction.atomic
def choose_first_password(request: HttpRequest, *, user: User, password: str) -> None:
    """The person's own password; from now on the account is in use."""
    if row_of(request).must != StaffSession.Must.PASSWORD:
        raise DomainError(_("You have a password already."), code="chosen")
    change_password(request, user=user, password=password)
    User.objects.filter(pk=user.pk).update(came_in_at=now())
    FirstPassword.objects.filter(user=user).delete()
    session = row_of(request)  # another row: the session has a new id with the new password
    session.must = StaffSession.Must.FACTOR if must_have_factor(user) and not has_factor(user) else ""
    session.proved_at = now()
    session.save(update_fields=["must", "proved_at"])
