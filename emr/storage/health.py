"""What is told about backups: the last good one's age, and how the last try ended."""

import datetime as dt

from django.utils.translation import gettext as _

from emr.common.clock import local_now, now
from emr.common.health import Caution
from emr.storage.models import BackupRun

LATE = dt.timedelta(hours=26)
MISSING = dt.timedelta(hours=50)
BACKUP_AGE = (
    "SELECT extract(epoch FROM now() - max(began_at)) FROM storage_backuprun WHERE succeeded HAVING max(began_at)"
    " IS NOT NULL"
)


def backup_trouble() -> str:
    """Why there might be nothing to restore; "" when last night's backup is good."""
    last = BackupRun.objects.order_by("-id").first()
    good = BackupRun.objects.filter(succeeded=True).order_by("-id").first()
    if last is not None and not last.succeeded:
        return _("The last backup failed: %(reason)s") % {"reason": last.reason}
    if good is None:
        return _("No backup has been made yet.")
    age = now() - good.began_at
    if age <= LATE:
        return ""
    said = _("The last good backup is of %(moment)s.") % {
        "moment": f"{local_now() - age:%d/%m/%Y %H:%M}",
    }
    return said if age > MISSING else Caution(said)
