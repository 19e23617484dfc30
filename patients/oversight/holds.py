"""Months of the log that can't go while the records they speak of are kept (R-37)."""

import datetime as dt

from django.db import connection

# A record is kept for at most twenty years after the last care: the longest of the rules (psychiatry, death).
RECORD_KEEP_YEARS = 20

_STILL_KEPT = """
SELECT EXISTS (
    SELECT 1 FROM audit_event e
    WHERE e.recorded_at >= %s AND e.recorded_at < %s AND e.patient_id IS NOT NULL
      AND EXISTS (
        SELECT 1 FROM registry_carecontext c
        WHERE c.patient_id = e.patient_id AND (c.ends_at IS NULL OR c.ends_at > now() - make_interval(years => COALESCE((
            SELECT value::text::int FROM accounts_facilitysetting
            WHERE facility_id = c.facility_id AND name = 'record_keep_years'), %s)))))
"""


def records_still_kept(first_at: dt.datetime, until_at: dt.datetime) -> str:
    """Why the month must stay: somebody whose record is still kept stands in it. "" when nobody does."""
    with connection.cursor() as cursor:
        cursor.execute(_STILL_KEPT, [first_at, until_at, RECORD_KEEP_YEARS])
        return "it tells of patients whose records are still kept" if cursor.fetchone()[0] else ""
