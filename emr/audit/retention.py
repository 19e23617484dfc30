"""How long the log is kept: as long as the records it tells of, and never less than five years (R-37)."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection, connections, transaction
from psycopg import sql

from emr.audit.models import LEAST_YEARS, AuditEvent
from emr.audit.services import record
from emr.common.clock import now, years_before
from emr.common.errors import DomainError

# What a facility keeps unless its setting "audit_keep_years" says otherwise.
KEEP_YEARS = 20

# (first instant, first instant after) -> why the month must stay, or "".
Hold = Callable[[dt.datetime, dt.datetime], str]
_holds: dict[str, Hold] = {}


def register_hold(name: str, hold: Hold) -> None:
    """A room above says which months must stay."""
    _holds[name] = hold


@dataclass(frozen=True, slots=True)
class Month:
    """One partition of the log; `reason` says why it must stay, "" that it may go."""

    partition: str
    first_at: dt.datetime
    until_at: dt.datetime
    reason: str


def keep_years() -> int:
    """The longest time that a facility wants, never less than the law's advice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(value::text::int) FROM accounts_facilitysetting WHERE name = 'audit_keep_years'"
        )
        chosen = cursor.fetchone()[0]
    return max(KEEP_YEARS if chosen is None else chosen, LEAST_YEARS)


def months() -> Iterator[Month]:
    """Every month of the log, oldest first, with why it must stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '^audit_event_[0-9]{4}_[0-9]{2}$'"
            " ORDER BY c.relname"
        )
        names = [row[0] for row in cursor.fetchall()]
    limit = years_before(now(), keep_years())
    for name in names:
        year, month = map(int, name.rsplit("_", 2)[1:])
        first = dt.datetime(year, month, 1, tzinfo=dt.UTC)
        until = (first + dt.timedelta(days=31)).replace(day=1)
        yield Month(name, first, until, _why_it_stays(first, until, limit))


def _why_it_stays(first: dt.datetime, until: dt.datetime, limit: dt.datetime) -> str:
    if until > limit:
        return f"it is kept until {years_before(until, -keep_years()):%Y-%m-%d}"
    return next((reason for hold in _holds.values() if (reason := hold(first, until))), "")


def dispose(*, partition: str, reason: str) -> int:
    """Let a month go whose time is over; refuses any other. Runs as the owner; returns how many lines went.

    That it went is on record twice, in the log and in the row by which `verify_audit` knows that nothing was stolen.
    """
    month = next((one for one in months() if one.partition == partition), None)
    if month is None:
        raise DomainError(f"There is no month {partition}.", code="no_such_month")
    if month.reason:
        raise DomainError(f"{partition} must stay: {month.reason}.", code="must_stay")
    if not reason.strip():
        raise DomainError("Say why, and by whose decision.", code="reason_missing")
    lines = AuditEvent.objects.filter(recorded_at__gte=month.first_at, recorded_at__lt=month.until_at)
    count = lines.count()
    record("audit.dispose", detail={"month": partition, "lines": count, "reason": reason.strip()[:300]})
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditdisposal (first_at, until_at, event_count, reason) VALUES (%s, %s, %s, %s)",
            [month.first_at, month.until_at, count, reason.strip()[:300]],
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(partition)))
    return count
