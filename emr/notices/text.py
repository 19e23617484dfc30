"""What leaves the house: that there is a notice, and where to read it. Nothing of what it says, by construction."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.notices.kinds import Level


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message: `id` is the same at every attempt, so that the other side can tell a repeated one."""

    id: UUID
    to: str
    subject: str
    text: str
    short: str
    is_urgent: bool


def outgoing(*, delivery: UUID, notice: UUID, number: int, level: str, to: str, user: User) -> Outgoing:
    """The words for a person, in their language: made of the number and the level alone."""
    with override(user.language or settings.LANGUAGE_CODE):
        address = f"{settings.EMR_PUBLIC_URL.rstrip('/')}{reverse('notices:notice', args=[notice])}"
        is_urgent = level == Level.URGENT
        if is_urgent:
            subject = _("URGENT: notice no. %(number)s in the medical record") % {"number": number}
            short = _("URGENT: notice no. %(number)s. Sign in to the medical record and read it now.")
        else:
            subject = _("Notice no. %(number)s in the medical record") % {"number": number}
            short = _("Notice no. %(number)s. Sign in to the medical record to read it.")
        lines = [
            short % {"number": number},
            address,
            _("This message holds no patient data on purpose. Please don't answer it."),
        ]
    return Outgoing(
        delivery, to, subject, "\n\n".join(lines) + "\n", _plain(short % {"number": number}), is_urgent
    )


def code_message(*, id: UUID, to: str, digits: str, minutes: int, user: User) -> Outgoing:
    """The words that carry a one-time code to an address that is to be confirmed; nothing else."""
    with override(user.language or settings.LANGUAGE_CODE):
        told = {"code": digits, "minutes": minutes}
        short = _(
            "%(code)s is your code to confirm this address in the medical record. It holds %(minutes)d minutes."
        )
        lines = [
            short % told,
            _("If you didn't ask for it, do nothing: somebody has typed your address by mistake."),
        ]
        subject = _("Code to confirm your address")
    return Outgoing(id, to, subject, "\n\n".join(lines) + "\n", _plain(short % told), is_urgent=False)


def _plain(text: str) -> str:
    """Without accents: a text message in another alphabet than GSM's costs twice, and old telephones garble it."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
