"""The house looks after itself: backups that fail or stay away, background work that grows old."""

import datetime as dt

from django.db import connection
from django.utils.translation import gettext_lazy as _

from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import SignOfLife
from emr.notices.services import notify_everywhere, withdraw_everywhere
from emr.notices.services.contacts import TRIAL
from emr.notices.watches import register_watch

BACKUP = "backup"
# A night and two hours: the nightly one is late, whatever the reason.
BACKUP_LATE = dt.timedelta(hours=26)
WORK_LATE = dt.timedelta(minutes=10)

_LADDER = (
    Step(0, TOLD, ("email",)),
    Step(4 * 60, TOLD, ("email", "sms", "chat")),
    Step(24 * 60, "director", ("email",)),
)


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code="backup.late",
            title=_("No backup for %(hours)s hours"),
            body=_(
                "The last good backup is %(hours)s hours old. See the log of the backup, and the disk it writes to."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=_LADDER,
        )
    )
    register_kind(
        Kind(
            code="backup.failed",
            title=_("The backup failed"),
            body=_("The log of the backup says why. Mend it, then run manage.py backup by hand."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=_LADDER,
        )
    )
    register_kind(
        Kind(
            code="outbox.late",
            title=_("Background work is late: %(count)s"),
            body=_(
                "Prints, signatures and messages wait. Is the worker running? manage.py deliveries tells what waits."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(30, TOLD, ("email", "sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code="outbox.given_up",
            title=_("Background work was given up: %(count)s"),
            body=_("manage.py deliveries names it. Mend the reason, then manage.py deliveries --retry."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(4 * 60, TOLD, ("email", "sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code=TRIAL,
            title=_("Trial of your contact data"),
            body=_("If this also came by e-mail, text message or chat, notices reach you there."),
            ladder=(Step(0, TOLD, ("email", "sms", "chat")),),
        )
    )
    register_watch("backup", look_at_backups)
    register_watch("outbox", look_at_outbox)


def heard_of_backup() -> None:
    """A backup was made: whatever was told of missing ones is over."""
    SignOfLife.objects.update_or_create(name=BACKUP, defaults={"heard_at": now()})
    withdraw_everywhere("backup.failed")
    withdraw_everywhere("backup.late")


def tell_of_failed_backup() -> None:
    """A backup was begun and came to nothing."""
    notify_everywhere(kind="backup.failed", role="admin")


def look_at_backups() -> None:
    """Late when nothing was heard for a night; a new installation's time begins at the first look."""
    sign, _is_new = SignOfLife.objects.get_or_create(name=BACKUP, defaults={"heard_at": now()})
    age = now() - sign.heard_at
    if age > BACKUP_LATE:
        notify_everywhere(
            kind="backup.late", role="admin", parameters={"hours": int(age.total_seconds() // 3600)}
        )
    else:
        withdraw_everywhere("backup.late")


def look_at_outbox() -> None:
    """Late work, and work that nobody will try again by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE failed_at IS NULL AND available_at < %s),"
            " count(*) FILTER (WHERE failed_at IS NOT NULL) FROM outbox_outboxevent WHERE done_at IS NULL",
            [now() - WORK_LATE],
        )
        late, given_up = cursor.fetchone()
    for kind, count in (("outbox.late", late), ("outbox.given_up", given_up)):
        if count:
            notify_everywhere(kind=kind, role="admin", parameters={"count": count})
        else:
            withdraw_everywhere(kind)
