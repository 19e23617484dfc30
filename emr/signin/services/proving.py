"""Proof, asked again, that somebody is still who signed in: before what is grave (S-22)."""

from django.http import HttpRequest

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.signin.selectors import row_of
from emr.signin.services.factors import check_code, has_factor, must_have_factor, prove
from emr.signin.services.passwords import password_of
from emr.signin.services.switching import has_pin, is_pin, uses_pin

RECENT_MINUTES = 15


def is_recent(request: HttpRequest, minutes: int = RECENT_MINUTES) -> bool:
    """Whether the person has proved within so many minutes who they are, with all they have."""
    return row_of(request).is_fresh(minutes, now())


def proves(request: HttpRequest, *, user: User, word: str) -> bool:
    """Whether the word proves it: a code of the second factor, the password of who has none. The session is fresh by it.

    Guesses are counted; let the transaction commit.
    """
    fits = (
        check_code(user, word) if has_factor(user) else password_of(request, user.username, word) is not None
    )
    if fits:
        prove(row_of(request))
    return fits


def proves_in_a_hurry(request: HttpRequest, *, user: User, word: str) -> bool:
    """The same for one act that can't wait (emergency access): the PIN for shared PCs is enough, or the password.

    By those the session is no fresher afterwards. A role that must have a second factor proves it here too.
    """
    if must_have_factor(user):
        return proves(request, user=user, word=word)
    if is_pin(word) and uses_pin(user):
        # Digits of a PIN's length are a PIN, or a code of the app; never tried as a password.
        if has_pin(user, word) or (has_factor(user) and proves(request, user=user, word=word)):
            return True
        record("switch_pin.refuse", by=user, of=user, outcome="denied")
        return False
    if has_factor(user) and password_of(request, user.username, word) is not None:
        return True
    return proves(request, user=user, word=word)
