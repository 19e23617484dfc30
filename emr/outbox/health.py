"""What `/health/ready` tells about work that is owed. Neither part stops the pages."""

from celery import current_app
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from emr.outbox.services import FIRST_OF_ITS_ORDER

LATE_SECONDS = 120
DEPTH = (
    "SELECT queue, CASE WHEN failed_at IS NOT NULL THEN 'given up' WHEN lease_until > now() THEN 'under way'"
    " WHEN available_at > now() THEN 'later' ELSE 'due' END, count(*)"
    " FROM outbox_outboxevent WHERE done_at IS NULL GROUP BY 1, 2"
)
OLDEST = (
    "SELECT coalesce(extract(epoch FROM now() - min(available_at)), 0) FROM outbox_outboxevent"
    " WHERE done_at IS NULL AND failed_at IS NULL AND available_at <= now()"
)


def broker() -> str:
    """Why workers can't be woken at once; "" when they can."""
    try:
        with current_app.connection_for_write() as bell:
            bell.ensure_connection(max_retries=1, interval_start=0)
    except (OperationalError, OSError):
        return _(
            "The broker does not answer; work waits for the sweeper, which comes when the broker is back."
        )
    return ""


def deliveries() -> str:
    """How much is late or given up; "" when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL)"  # noqa: S608  our own text
            " FROM outbox_outboxevent e WHERE done_at IS NULL"
            f" AND (failed_at IS NOT NULL OR available_at < now() - make_interval(secs => %s) AND {FIRST_OF_ITS_ORDER})",
            [LATE_SECONDS],
        )
        late, given_up = cursor.fetchone()
    told = []
    if late:
        told.append(ngettext("%(n)d delivery is late.", "%(n)d deliveries are late.", late) % {"n": late})
    if given_up:
        told.append(
            ngettext("%(n)d delivery was given up.", "%(n)d deliveries were given up.", given_up)
            % {"n": given_up}
        )
    return " ".join(told)
