"""What `/health/ready` tells about work that is owed. Neither part stops the pages."""

from celery import current_app
from django.db import connection
from kombu.exceptions import OperationalError

LATE_SECONDS = 120


def broker() -> str:
    """Why workers can't be woken at once; "" when they can."""
    try:
        with current_app.connection_for_write() as bell:
            bell.ensure_connection(max_retries=1, interval_start=0)
    except (OperationalError, OSError):
        return "The broker does not answer; work waits for the sweeper, which comes when the broker is back."
    return ""


def deliveries() -> str:
    """How much is late or given up; "" when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL)"
            " FROM outbox_outboxevent WHERE done_at IS NULL"
            " AND (failed_at IS NOT NULL OR available_at < now() - make_interval(secs => %s))",
            [LATE_SECONDS],
        )
        late, given_up = cursor.fetchone()
    told = [f"{late} deliveries are late: is the worker running?"] if late else []
    if given_up:
        told.append(f"{given_up} deliveries were given up: manage.py deliveries tells which.")
    return " ".join(told)
