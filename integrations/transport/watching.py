"""Messages that need a person, and messages that nobody applies: the integration staff is told, once a day at most."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.common.clock import local_today, now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify, withdraw_kind
from emr.notices.watches import register_watch
from integrations.transport.models import DeadLetter, MessageState

DEAD, LATE, UNSENT = "transport.dead_letters", "transport.late", "transport.unsent"
UNSENT_AFTER = dt.timedelta(minutes=15)
LATE_AFTER = dt.timedelta(minutes=10)


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=DEAD,
            title=_("Messages that need a person: %(count)s"),
            body=_(
                "They stand under Dead letters, each with what helps. Nothing is lost; it isn't in the record yet."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("email",)),
                Step(8 * 60, TOLD, ("email", "sms", "chat")),
                Step(24 * 60, "admin"),
            ),
        )
    )
    register_kind(
        Kind(
            code=LATE,
            title=_("Messages not applied for ten minutes: %(count)s"),
            body=_("The neighbours' messages wait. Is the worker running? Are the channels open?"),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(30, "admin", ("email", "sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code=UNSENT,
            title=_("Messages not sent for fifteen minutes: %(count)s"),
            body=_(
                "A neighbour is away, or its channel is paused. Nothing is lost and the order is kept: they leave by"
                " themselves when it is back. The neighbour works without them until then."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("email",)),
                Step(60, TOLD, ("email", "sms", "chat")),
                Step(4 * 60, "admin"),
            ),
        )
    )
    register_watch("messages", look)


def look() -> None:
    """Count what is left over in each facility; the day is part of the key, so that tomorrow's is told anew."""
    dead = _by_facility(
        DeadLetter.objects.filter(resolution="")
        .values_list("message__facility")
        .annotate(count=Count("pk"))
        .order_by()
    )
    overdue = Q(waits_until=None) | Q(waits_until__lt=now())
    late = _by_facility(
        MessageState.objects.filter(
            overdue,
            state__in=[MessageState.State.RECEIVED, MessageState.State.WAITING],
            changed_at__lt=now() - LATE_AFTER,
        )
        .values_list("message__facility")
        .annotate(count=Count("pk"))
        .order_by()
    )
    unsent = _by_facility(
        MessageState.objects.filter(
            state=MessageState.State.QUEUED,
            changed_at__lt=now() - UNSENT_AFTER,
            message__channel__is_enabled=True,
        )
        .values_list("message__facility")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        _tell(facility, DEAD, dead.get(facility.pk, 0), "integrations:transport:dead_letters")
        _tell(facility, LATE, late.get(facility.pk, 0), "integrations:transport:channels")
        _tell(facility, UNSENT, unsent.get(facility.pk, 0), "integrations:transport:channels")


def _by_facility(rows: object) -> dict[int, int]:
    return dict(rows)  # type: ignore[call-overload,no-any-return]  # pairs of facility and count


def _tell(facility: Organization, kind: str, count: int, page: str) -> None:
    key = f"{kind}:{local_today():%Y%m%d}"
    if count:
        notify(
            kind=kind,
            key=key,
            facility=facility,
            to=[Holders("integration", facility)],
            parameters={"count": count},
            link=(page,),
        )
    withdraw_kind(facility=facility, kind=kind, but=key if count else "")
