"""Rules for passwords, named by the setting AUTH_PASSWORD_VALIDATORS (S-20)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.common.vietnamese import fold

ALONE, BESIDE_A_FACTOR = 15, 8
# Words of this house and of Vietnamese keyboards that the public list hasn't got.
_USUAL = (
    "benhanmo",
    "benhvien",
    "bacsi",
    "dieuduong",
    "matkhau",
    "vietnam",
    "anhyeuem",
    "emyeuanh",
    "qwerty",
    "password",
)
# Rows of keys, forwards and backwards.
_ROWS = tuple(
    row * 20
    for row in ("1234567890", "0987654321", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
)


class LongEnough:
    """15 characters alone, 8 beside a second factor; no rule about which ones."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a short one."""
        from emr.signin.services.factors import has_factor  # noqa: PLC0415  named by the settings, before any model

        least = BESIDE_A_FACTOR if user is not None and user.pk and has_factor(user) else ALONE
        if len(password) < least:
            text = ngettext(
                "The password needs at least %(count)d character.",
                "The password needs at least %(count)d characters.",
                least,
            )
            raise ValidationError(text % {"count": least}, code="short")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _(
            "15 characters or more; 8 are enough beside a second factor. Several words are easy to keep."
        )


class NotUsual:
    """Not one of the words that everybody tries, with or without figures around it."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for such a word."""
        letters = "".join(letter for letter in fold(password) if letter.isalpha())
        if letters in _USUAL or len(set(password)) < 4 or any(password.lower() in row for row in _ROWS):
            raise ValidationError(_("Everybody tries this password first."), code="usual")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("Not a word that everybody tries first.")
