"""Passwords: long, not on the list of those that everybody tries, and no rule about their letters (S-20)."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError


@transaction.atomic
def keep_password(*, user: User, password: str) -> None:
    """Give the person this password; every session of theirs ends by it. Raises DomainError for a weak one."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), code="weak_password", field="new_password") from error
    user.set_password(password)
    user.save(update_fields=["password"])
    record("password.change", by=user, of=user)


@transaction.atomic
def change_password(request: HttpRequest, *, user: User, password: str) -> None:
    """The person's own wish: this session goes on, every other ends."""
    keep_password(user=user, password=password)
    update_session_auth_hash(request, user)
