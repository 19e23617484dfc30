"""That an address belongs to who gives it: a code goes there, and comes back by the page.

A number typed wrongly would tell a stranger, day and night, that this hospital has something urgent (issue 3).
"""

import datetime as dt
import hmac
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices.channels import Refused, Unreachable, channel_of, is_set_up
from emr.notices.models import Contact, ContactCode
from emr.notices.services.telling import FIELDS
from emr.notices.text import code_message
from emr.outbox import Delivery, publish

LIVES = dt.timedelta(minutes=15)
PAUSE = dt.timedelta(minutes=1)
A_DAY, TRIES = 6, 5
ATTEMPTS = 4


def code_of(uuid: UUID) -> str:
    """The six digits of a code: made of the house's secret key, so that neither a table nor a queue holds them."""
    digest = salted_hmac("emr.notices.contact_code", str(uuid), algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8]) % 10**6:06d}"


def _own(user: User, channel: str) -> tuple[Contact, str]:
    """The person's contact data, locked, and the address of the channel. Raises DomainError where there is none."""
    contact = Contact.objects.select_for_update(of=("self",)).filter(user=user).first()
    address = str(getattr(contact, FIELDS[channel])) if contact is not None and channel in FIELDS else ""
    if contact is None or not address:
        raise DomainError(_("Save the address first."), code="no_address")
    return contact, address


@transaction.atomic
def send_code(*, channel: str, by: User) -> ContactCode:
    """Owe a code to one's own saved address; those sent before count no more.

    Raises DomainError by `code`: no_address, not_set_up, confirmed_already, too_soon (one a minute), too_many (six a day).
    """
    contact, address = _own(by, channel)
    if not is_set_up(channel):
        raise DomainError(
            _("This way isn't set up in this hospital: no code can be sent."), code="not_set_up"
        )
    if getattr(contact, f"{FIELDS[channel]}_confirmed_at") is not None:
        raise DomainError(_("This address is confirmed already."), code="confirmed_already")
    moment = now()
    today = ContactCode.objects.filter(user=by, channel=channel, asked_at__gt=moment - dt.timedelta(days=1))
    if today.filter(asked_at__gt=moment - PAUSE).exists():
        raise DomainError(_("A code was sent a moment ago: wait a minute before the next."), code="too_soon")
    if today.count() >= A_DAY:
        raise DomainError(
            _("Too many codes were sent to this address today. Try again tomorrow."), code="too_many"
        )
    code = ContactCode.objects.create(
        user=by, channel=channel, address=address, asked_at=moment, expires_at=moment + LIVES
    )
    record("contact.ask_code", by=by, of=contact, detail={"channel": channel})
    publish("contact_code.owed", code_id=code.pk)
    return code


def deliver_code(*, code_id: int, owed: Delivery) -> None:
    """Hand the code to its channel; one that is used, replaced or run out is sent nowhere."""
    code = ContactCode.objects.select_related("user").get(pk=code_id)
    problem, channel = "", channel_of(code.channel)
    if code != newest_code(code.user, code.channel) or code.expires_at <= now():
        problem = "expired"
    elif channel is None or not channel.is_set_up():
        problem = "not_set_up"
    else:
        minutes = int(LIVES.total_seconds() // 60)
        try:
            channel.send(
                code_message(
                    id=code.uuid, to=code.address, digits=code_of(code.uuid), minutes=minutes, user=code.user
                )
            )
        except Refused as refusal:
            problem = refusal.code
        except Unreachable:
            if owed.attempts < ATTEMPTS:
                raise
            problem = "unreachable"
    with owed.finish():
        detail = {"channel": code.channel} | ({"problem": problem} if problem else {})
        outcome = "failure" if problem else "success"
        record("contact.send_code", of=code.user, outcome=outcome, detail=detail)


def newest_code(user: User, channel: str) -> ContactCode | None:
    """The code that may be typed: the last one sent, while it isn't used."""
    newest = ContactCode.objects.filter(user=user, channel=channel).order_by("-asked_at", "-pk").first()
    return newest if newest is not None and newest.used_at is None else None


def confirm_address(*, channel: str, typed: str, by: User) -> None:
    """Take the code that came; from now on notices go to the address.

    Raises DomainError by `code`: no_address, no_code (none, run out, or the address was changed since), too_many (five
    wrong ones), wrong_code. A wrong one is counted though the rest of the answer is a refusal.
    """
    refusal = _try(channel, typed, by)
    if refusal is not None:
        raise refusal


@transaction.atomic
def _try(channel: str, typed: str, by: User) -> DomainError | None:
    contact, address = _own(by, channel)
    name = FIELDS[channel]
    if getattr(contact, f"{name}_confirmed_at") is not None:
        return None
    code = newest_code(by, channel)
    if code is None or code.expires_at <= now() or code.address != address:
        return DomainError(
            _("There is no code that holds: have a new one sent."), code="no_code", field="code"
        )
    if code.tries >= TRIES:
        return DomainError(_("Too many wrong codes: have a new one sent."), code="too_many", field="code")
    digits = "".join(character for character in typed if not character.isspace())
    if not hmac.compare_digest(digits.encode(), code_of(code.uuid).encode()):
        code.tries += 1
        code.save(update_fields=["tries"])
        record(
            "contact.confirm",
            by=by,
            of=contact,
            outcome="failure",
            detail={"channel": channel, "tries": code.tries},
        )
        return DomainError(_("This isn't the code that was sent."), code="wrong_code", field="code")
    moment = now()
    code.used_at = moment
    code.save(update_fields=["used_at"])
    setattr(contact, f"{name}_confirmed_at", moment)
    contact.save(update_fields=[f"{name}_confirmed_at"])
    record("contact.confirm", by=by, of=contact, detail={"channel": channel})
    return None
