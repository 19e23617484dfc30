"""One cause is told once: a notice, a copy for each person, a message for each channel."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.notices.channels import is_set_up
from emr.notices.kinds import TOLD, Kind, Level, Step, kind_of
from emr.notices.models import Contact, Notice, NoticeDelivery, NoticeRecipient
from emr.notices.selectors import Holders, To, audience_of, contacts_of, ladder_of, people_of
from emr.notices.services.answering import withdraw
from emr.outbox import publish_many

_LONGEST = 120
_FALL_BACK = "admin"


@transaction.atomic
def notify(
    *,
    kind: str,
    key: str,
    facility: Organization,
    to: Iterable[To],
    parameters: Mapping[str, object] | None = None,
    department: Organization | None = None,
    about: models.Model | None = None,
    link: tuple[str, *tuple[object, ...]] | None = None,
    due_at: dt.datetime | None = None,
    by: User | None = None,
) -> Notice:
    """Tell people of something, in the transaction that makes it true; twice under one key equals once.

    A second call only renews the parameters (a count that has grown) until `withdraw` says that the cause is gone. `to`
    holds people and `Holders(role, place)`; where that is nobody, the facility's administrators are told. `link` is a
    URL name with its arguments; the page behind it checks rights by itself. `parameters` are counts, codes and names
    of places, never clinical text.
    """
    found = kind_of(kind)
    if found is None:
        raise ValueError(f"no room has registered the kind {kind}")
    values = _checked(parameters or {})
    name, *arguments = link or ("",)
    notice, is_new = Notice.objects.get_or_create(
        facility=facility,
        key=key,
        cause_gone_at=None,
        defaults={
            "kind": kind,
            "level": found.level,
            "answer": found.answer,
            "parameters": values,
            "department": department,
            "about_type": about._meta.label if about is not None else "",
            "about_id": about.pk if about is not None else None,
            "link_name": name,
            "link_arguments": [
                str(argument) if isinstance(argument, UUID) else argument for argument in arguments
            ],
            "authored_at": now(),
            "due_at": due_at,
        },
    )
    if not is_new:
        _renew(notice, values)
        return notice
    _tell_first(notice, found, people_of(to), by)
    return notice


def _checked(parameters: Mapping[str, object]) -> dict[str, Any]:
    """Short values alone: a paragraph here would be somebody's clinical text."""
    for name, value in parameters.items():
        if not isinstance(value, str | int) or (isinstance(value, str) and len(value) > _LONGEST):
            raise ValueError(f"{name} must be a number or a short name")
    return dict(parameters)


def _renew(notice: Notice, parameters: dict[str, Any]) -> None:
    if notice.is_active and notice.parameters != parameters:
        notice.parameters = parameters
        notice.save(update_fields=["parameters"])


def _tell_first(notice: Notice, kind: Kind, people: list[User], by: User | None) -> None:
    """The steps of minute 0; a kind without one still reaches the inboxes of those named."""
    ladder = ladder_of(notice.facility_id, notice.kind)
    first = [step for step in ladder if step.after_minutes == 0]
    is_unheard = not people
    if is_unheard:
        people = people_of([Holders(_FALL_BACK, notice.facility)])
    told: dict[int, User] = {}
    tell(notice, Step(0, TOLD), people, number=0)
    for number, step in enumerate(first):
        wanted = people if step.audience == TOLD else audience_of(step, notice)
        tell(notice, step, wanted, number=number)
        told |= {user.pk: user for user in wanted}
    told |= {user.pk: user for user in people}
    notice.step = len(first)
    notice.next_step_at = next_step_at(notice, ladder)
    notice.save(update_fields=["step", "next_step_at"])
    detail = {"number": notice.pk, "kind": kind.code, "level": notice.level, "told": sorted(told)}
    record("notice.send", by=by, of=notice, detail=detail | ({"unheard": True} if is_unheard else {}))


def next_step_at(notice: Notice, ladder: Sequence[Step]) -> dt.datetime | None:
    """When the rung after those done is due; None for a closed notice and at the top."""
    if not notice.is_active or notice.step >= len(ladder):
        return None
    return notice.authored_at + dt.timedelta(minutes=ladder[notice.step].after_minutes)


def tell(notice: Notice, step: Step, people: Sequence[User], *, number: int) -> None:
    """Put the notice into these inboxes and owe a message by each channel of the step; doing it again adds nothing."""
    NoticeRecipient.objects.bulk_create(
        [NoticeRecipient(notice=notice, user=user, step=number, told_at=now()) for user in people],
        ignore_conflicts=True,
    )
    contacts = contacts_of(people) if step.channels else {}
    ready = [channel for channel in step.channels if is_set_up(channel)]
    messages = [
        message
        for user in people
        if (contact := contacts.get(user.pk))
        for channel in ready
        if (message := _message(notice, user, contact, channel, number))
    ]
    NoticeDelivery.objects.bulk_create(messages, ignore_conflicts=True)
    owed = NoticeDelivery.objects.filter(
        notice=notice,
        step=number,
        status=NoticeDelivery.Status.PREPARATION,
        uuid__in=[m.uuid for m in messages],
    )
    publish_many(
        "notice_delivery.owed", [("", {"delivery_id": pk}) for pk in owed.values_list("pk", flat=True)]
    )


def _message(
    notice: Notice, user: User, contact: Contact, channel: str, number: int
) -> NoticeDelivery | None:
    """What goes out, or nothing: no address, or a channel kept for urgent ones; held while the person wants quiet."""
    address = address_of(contact, channel)
    is_urgent = notice.level == Level.URGENT
    if not address or (channel in contact.muted_channels and not is_urgent):
        return None
    held = None if is_urgent else contact.quiet_ends_at(timezone.localtime(now()))
    status = NoticeDelivery.Status.ON_HOLD if held else NoticeDelivery.Status.PREPARATION
    return NoticeDelivery(
        notice=notice,
        user=user,
        channel=channel,
        step=number,
        address=address,
        status=status,
        not_before=held,
    )


FIELDS = {"email": "email", "sms": "phone", "chat": "chat"}


def address_of(contact: Contact, channel: str) -> str:
    """Where a channel reaches the person; "" for nowhere, and for an address that nobody has shown to be theirs."""
    if channel not in FIELDS or getattr(contact, f"{FIELDS[channel]}_confirmed_at") is None:
        return ""
    return str(getattr(contact, FIELDS[channel]))


def notify_everywhere(
    *, kind: str, role: str, parameters: Mapping[str, object] | None = None, link: tuple[str] | None = None
) -> None:
    """Tell every facility's holders of a role of something that concerns the whole installation; the kind is the key."""
    for facility in _facilities():
        notify(
            kind=kind,
            key=kind,
            facility=facility,
            to=[Holders(role, facility)],
            parameters=parameters,
            link=link,
        )


def withdraw_everywhere(kind: str) -> None:
    """The cause that `notify_everywhere` told of is gone."""
    for facility in _facilities():
        withdraw(facility=facility, key=kind)


def _facilities() -> QuerySet[Organization]:
    return Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True).order_by("pk")
