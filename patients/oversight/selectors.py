"""Who opened a patient's chart, and what was found in the log."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.accounts.selectors import roles_at, roles_in_words
from emr.audit import permissions as audit
from emr.audit.models import AuditEvent
from emr.audit.wording import in_words
from patients.oversight import looks, permissions
from patients.oversight.models import LookupFinding
from patients.registry.access import not_hidden

MOST_ROWS = 2000
# A role is often entered a little after the person has begun.
_LATE_ENTRY = dt.timedelta(days=1)
OPEN = Q(verdict="") | Q(look_count__gt=F("judged_look_count"))


@dataclass(frozen=True, slots=True)
class Visit:
    """What one person did with a patient's record on one day, fit to be told to the patient."""

    day: dt.date
    who: str
    roles: str
    deeds: tuple[str, ...]
    first_at: dt.datetime
    last_at: dt.datetime


_DEEDS = """
SELECT (recorded_at AT TIME ZONE %s)::date AS day, agent_id, agent_name, action, min(recorded_at), max(recorded_at)
FROM audit_event
WHERE patient_id = ANY(%s) AND recorded_at >= %s AND recorded_at < %s AND outcome = 'success'
GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 5 DESC LIMIT %s
"""


def who_opened(patient_ids: Iterable[int], since: dt.date, until: dt.date) -> list[Visit]:
    """Everybody who read or wrote in these rows of one person, by day, newest first; nothing of anybody else's record."""
    begin, end = _midnight(since), _midnight(until + dt.timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(_DEEDS, [settings.TIME_ZONE, list(patient_ids), begin, end, MOST_ROWS])
        rows = cursor.fetchall()
    agents = {row[1] for row in rows if row[1] is not None}
    people = {user.pk: user.titled_name for user in User.objects.filter(pk__in=agents)}
    held = roles_at(agents, begin, end) if agents else {}
    together: dict[tuple[dt.date, int | None, str], list[tuple[str, dt.datetime, dt.datetime]]] = {}
    for day, agent_id, name, action, first, last in rows:
        together.setdefault((day, agent_id, name), []).append((action, first, last))
    visits = []
    for (day, agent_id, name), deeds in together.items():
        first, last = min(deed[1] for deed in deeds), max(deed[2] for deed in deeds)
        then = [
            role
            for role in held.get(agent_id or 0, [])
            if role.starts_at <= last + _LATE_ENTRY and not _ended(role, first)
        ]
        visits.append(
            Visit(
                day=day,
                who=people.get(agent_id or 0) or name or _("The system"),
                roles=roles_in_words(then),
                deeds=tuple(dict.fromkeys(in_words(deed[0]) for deed in deeds)),
                first_at=first,
                last_at=last,
            )
        )
    return sorted(visits, key=lambda visit: visit.last_at, reverse=True)


def _ended(role: object, moment: dt.datetime) -> bool:
    ends_at = getattr(role, "ends_at", None)
    return ends_at is not None and ends_at <= moment


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def findings_for(user: User) -> QuerySet[LookupFinding]:
    """What this person may review, newest first: a head of department their own staff's.

    Of restricted patients only what they themselves reach (S-05); who reads the whole log sees it there anyhow.
    """
    own = LookupFinding.objects.filter(facility_id=user.facility_id)
    reach = user.departments_for(permissions.REVIEW)
    if not isinstance(reach, str):
        own = own.filter(department__in=reach)
    if not user.has_right(audit.READ):
        own = own.filter(Q(patient=None) | not_hidden(user, permissions.REVIEW))
    return own.select_related("agent", "department", "judged_by").order_by("-last_at", "-pk")


def page_of(
    findings: QuerySet[LookupFinding], before: tuple[dt.datetime, int] | None, size: int
) -> tuple[list[LookupFinding], bool]:
    """(up to `size` older than that one, whether there are more)."""
    if before is not None:
        at, pk = before
        findings = findings.filter(Q(last_at__lt=at) | Q(last_at=at, pk__lt=pk), last_at__lte=at)
    rows = list(findings[: size + 1])
    return rows[:size], len(rows) > size


def lines_of(finding: LookupFinding, limit: int = 200) -> list[AuditEvent]:
    """The lines of the log that the finding is made of, newest first."""
    verbs = Q()
    for verb in looks.VERBS:
        verbs |= Q(action__endswith=f".{verb}")
    lines = AuditEvent.objects.filter(
        verbs,
        agent_id=finding.agent_id,
        recorded_at__range=(finding.first_at, finding.last_at),
        outcome=AuditEvent.Outcome.SUCCESS,
        patient_id__isnull=False,
    )
    if finding.patient is not None:
        root = finding.patient.root_id
        rows = [root, *type(finding.patient).objects.filter(merged_into_id=root).values_list("pk", flat=True)]
        lines = lines.filter(patient_id__in=rows)
    return list(lines.order_by("-recorded_at", "-id")[:limit])
