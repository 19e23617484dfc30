"""Messages that need a person, and messages that nobody applies: the integration staff is told, once a day at most."""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import local_today, now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify, withdraw_kind
from emr.notices.watches import register_watch
from integrations.transport.models import DeadLetter, Intake, MessageState

DEAD, LATE, UNSENT = "transport.dead_letters", "transport.late", "transport.unsent"
UNFETCHED = "transport.unfetched"
UNFETCHED_AFTER = dt.timedelta(minutes=15)
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
    register_kind(
        Kind(
            code=UNFETCHED,
            title=_("Folders and databases that can't be read for fifteen minutes: %(count)s"),
            body=_(
                "A share isn't mounted, or a database is away: the channels' page says which, why and since when. What"
                " lies there is fetched by itself when it is back."
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
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            dead, late, unsent = _left_over(facility)
            _tell(facility, DEAD, dead, "integrations:transport:dead_letters")
            _tell(facility, LATE, late, "integrations:transport:channels")
            _tell(facility, UNSENT, unsent, "integrations:transport:channels")
            _tell(facility, UNFETCHED, _unfetched(facility), "integrations:transport:channels")


def _left_over(facility: Organization) -> tuple[int, int, int]:
    """(dead letters, messages that wait to be applied, messages that wait to be sent) of one facility, the late ones."""
    dead = DeadLetter.objects.filter(resolution="", message__facility=facility)
    overdue = Q(waits_until=None) | Q(waits_until__lt=now())
    late = MessageState.objects.filter(
        overdue,
        message__facility=facility,
        state__in=[MessageState.State.RECEIVED, MessageState.State.WAITING],
        changed_at__lt=now() - LATE_AFTER,
    )
    unsent = MessageState.objects.filter(
        state=MessageState.State.QUEUED,
        message__facility=facility,
        changed_at__lt=now() - UNSENT_AFTER,
        message__channel__is_enabled=True,
    )
    return dead.count(), late.count(), unsent.count()


def _unfetched(facility: Organization) -> int:
    """Channels of a facility that fetch, are on, and have been stuck for long."""
    return Intake.objects.filter(
        facility=facility,
        channel__is_enabled=True,
        channel__is_paused=False,
        stuck_since__lt=now() - UNFETCHED_AFTER,
    ).count()


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
