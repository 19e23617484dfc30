"""A code's meaning on a day; short lists."""

import datetime as dt
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet

from emr.common.clock import local_today
from emr.terminology.models import Concept

Choice = tuple[str, str]


def valid_on(day: dt.date) -> Q:
    """Concepts that mean something on that day."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return begun & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def concept(system: str, code: str, on: dt.date | None = None) -> Concept | None:
    """What the code meant on that day (default today); None when it meant nothing. One query."""
    return Concept.objects.filter(valid_on(on or local_today()), system__code=system, code=code).first()


# Every chart asks this; written out, it costs a third of what the ORM's own took.
_DISPLAYS = """
SELECT s.code, c.code, c.display
FROM terminology_codesystem s JOIN terminology_concept c ON c.system_id = s.id
WHERE s.code = ANY(%s) AND c.code = ANY(%s)
  AND (c.valid_from IS NULL OR c.valid_from <= %s) AND (c.valid_to IS NULL OR c.valid_to >= %s)
"""


def displays(codes: Iterable[tuple[str, str]], on: dt.date | None = None) -> dict[tuple[str, str], str]:
    """Titles of many (system, code) pairs of any systems in one query; an unknown pair is left out."""
    wanted = set(codes)
    if not wanted:
        return {}
    day = on or local_today()
    with connection.cursor() as cursor:
        cursor.execute(_DISPLAYS, [[system for system, _ in wanted], [code for _, code in wanted], day, day])
        found = cursor.fetchall()
    return {(system, code): display for system, code, display in found if (system, code) in wanted}


def choices(system: str, on: dt.date | None = None, *, parent: str | None = None) -> list[Choice]:
    """(code, title) of a short list in its own order, say the communes of one province. One query."""
    found = _short_list([system], on)
    if parent is not None:
        found = found.filter(parent_code=parent)
    return [(code, display) for _, code, display in found]


def choices_by_system(systems: Iterable[str], on: dt.date | None = None) -> dict[str, list[Choice]]:
    """The short lists that one form needs, in one query; every system asked for has its key."""
    lists: dict[str, list[Choice]] = {system: [] for system in systems}
    for system, code, display in _short_list(lists, on):
        lists[system].append((code, display))
    return lists


def _short_list(systems: Iterable[str], on: dt.date | None) -> QuerySet[Concept, tuple[str, str, str]]:
    return (
        Concept.objects.filter(valid_on(on or local_today()), system__code__in=list(systems))
        .exclude(properties__has_key="forbidden")
        .order_by("use_rank", "search_text", "code")
        .values_list("system__code", "code", "display")
    )
