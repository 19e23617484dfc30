"""Whether the log's chain keeps up, and whether the coming month has a place of its own."""

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.common.health import Caution

LATE_SECONDS = 60
PENDING = "SELECT count(*) FROM audit_pending"


def chain_trouble() -> str:
    """Why the log isn't linked as it should be; "" when every line older than a minute is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_pending WHERE recorded_at < now() - make_interval(secs => %s)",
            [LATE_SECONDS],
        )
        waiting = cursor.fetchone()[0]
        cursor.execute(
            "SELECT to_regclass('public.audit_event_' || to_char(now() + interval '1 month', 'YYYY_MM'))"
        )
        next_month = cursor.fetchone()[0]
    if waiting:
        return ngettext(
            "%(n)d line of the log has waited for more than a minute to be linked.",
            "%(n)d lines of the log have waited for more than a minute to be linked.",
            waiting,
        ) % {"n": waiting}
    return "" if next_month else Caution(_("The log has no partition for the coming month."))
