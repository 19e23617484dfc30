"""The first password as a way in: asked for at the sign-in page alone, after the account's own password (S-21)."""

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from emr.accounts.models import User


class FirstPasswordBackend(ModelBackend):
    """Knows a first password while it is good; using it up is `services.come_in_first`'s."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_named: object,
    ) -> User | None:
        """The person, marked with the row; every page but the sign-in page refuses who is marked so."""
        from emr.signin.services.first import first_password_of  # noqa: PLC0415  settings name this module

        if not username or not password:
            return None
        row = first_password_of(username.strip().lower(), password)
        if row is None:
            return None
        row.user.by_first_password = row  # type: ignore[attr-defined]
        return row.user
