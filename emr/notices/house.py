"""The house looks after itself: backups that fail or stay away, background work that grows old."""

import datetime as dt

from django.db import connection
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import notify_everywhere, withdraw_everywhere
from emr.notices.services.contacts import TRIAL
from emr.notices.watches import register_watch
from emr.storage.models import BackupRun

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


def look_at_backups() -> None:
    """Failed when the last try was, late when no good one is younger than a night; a new house's first night counts too."""
    last = BackupRun.objects.order_by("-pk").first()
    if last is not None and not last.succeeded:
        notify_everywhere(kind="backup.failed", role="admin")
    else:
        withdraw_everywhere("backup.failed")
    age = now() - _last_good()
    if age > BACKUP_LATE:
        hours = int(age.total_seconds() // 3600)
        notify_everywhere(kind="backup.late", role="admin", parameters={"hours": hours})
    else:
        withdraw_everywhere("backup.late")


def _last_good() -> dt.datetime:
    """When the last good backup began; before the first one, when the house was made."""
    good = BackupRun.objects.filter(succeeded=True).order_by("-pk").first()
    if good is not None:
        return good.began_at
    oldest = Organization.objects.aggregate(moment=Min("created_at"))["moment"]
    return oldest or now()


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
