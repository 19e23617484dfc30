"""Looking the log through, and saying what was made of what was found."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import Organization, User
from emr.accounts.selectors import roles_at
from emr.accounts.services import facility_setting
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common import wall
from emr.common.choices import Hours, Roles, Whole, declare
from emr.common.clock import now
from emr.common.errors import DomainError
from patients.oversight import looks
from patients.oversight.models import LookupFinding, LookupProgress
from patients.registry import permissions as registry
from patients.registry import systems
from patients.registry.access import care_days

MASS_LOOKUPS = 60
DAY_HOURS = [6, 22]
NIGHT_ROLES = ["doctor", "head_of_department", "nurse", "head_nurse", "registration", "laboratory", "imaging"]
NIGHT_ROLES += ["pharmacist"]
declare(
    Whole(
        name="mass_lookups",
        room="oversight",
        label=gettext_lazy("Many charts in an hour are"),
        help=gettext_lazy("From this number on somebody is asked about it."),
        default=MASS_LOOKUPS,
        least=5,
        most=1000,
        unit=pgettext_lazy("unit", "charts"),
        is_grave=True,
    )
)
declare(
    Hours(
        name="day_hours",
        room="oversight",
        label=gettext_lazy("Day work"),
        help=gettext_lazy(
            "Who reads charts outside these hours, without a role that works at night, is asked about it."
        ),
        default=DAY_HOURS,
    )
)
declare(
    Roles(
        name="night_roles",
        room="oversight",
        label=gettext_lazy("Roles that work at night"),
        default=NIGHT_ROLES,
        is_grave=True,
    )
)
_FIRST_LOOK = dt.timedelta(days=7)
# A line is written when its transaction ends and bears the time of its beginning.
_STRAGGLERS = dt.timedelta(hours=1)
_LOCK = 2094073


def look_through_all() -> int:
    """Look every facility's log through up to now; returns how many findings are new."""
    facilities = Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True)
    count = 0
    for facility in facilities.order_by("pk"):
        with wall.within(facility.pk):
            count += look_through(facility=facility)
    return count


@transaction.atomic
def look_through(*, facility: Organization, until: dt.datetime | None = None) -> int:
    """Find what somebody should ask about, from the local day of the last look on; twice finds the same rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, facility.pk])
        if not cursor.fetchone()[0]:
            return 0
    until = until or now()
    progress = LookupProgress.objects.filter(facility=facility).first()
    begin = progress.looked_until - _STRAGGLERS if progress else until - _FIRST_LOOK
    since = timezone.localtime(begin).replace(hour=0, minute=0, second=0, microsecond=0)
    new = _keep(facility, _found(facility.pk, since, until))
    LookupProgress.objects.update_or_create(facility=facility, defaults={"looked_until": until})
    return new


@dataclass(frozen=True, slots=True)
class _Found:
    key: str
    agent_id: int
    patient_id: int | None
    first_at: dt.datetime
    last_at: dt.datetime
    chart_count: int
    look_count: int

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]


def _found(facility_id: int, since: dt.datetime, until: dt.datetime) -> list[_Found]:
    day_begins, day_ends = facility_setting(facility_id, "day_hours")
    asked: dict[str, Any] = {
        "facility": facility_id,
        "since": since,
        "until": until,
        "zone": settings.TIME_ZONE,
        "looks": looks.VERBS,
        "everywhere": _who_reach_everywhere(facility_id, since, until),
        "mass": facility_setting(facility_id, "mass_lookups"),
        "care_days": care_days(facility_id),
        "day_begins": day_begins,
        "day_ends": day_ends,
        "night_roles": facility_setting(facility_id, "night_roles"),
        "citizen": systems.CITIZEN,
    }
    found: list[_Found] = []
    with connection.cursor() as cursor:
        for statement in looks.ALL:
            cursor.execute(statement, asked)
            found += [_Found(*row) for row in cursor.fetchall()]
    return found


def _who_reach_everywhere(facility_id: int, since: dt.datetime, until: dt.datetime) -> list[int]:
    """Of those who read in that time, the people whose right reaches every patient of the facility."""
    read = AuditEvent.objects.filter(
        facility_id=facility_id, recorded_at__gte=since, recorded_at__lt=until, patient_id__isnull=False
    )
    readers = read.order_by().values_list("agent_id", flat=True).distinct()
    staff = User.objects.filter(pk__in=[pk for pk in readers if pk is not None])
    return [user.pk for user in staff if isinstance(user.departments_for(registry.READ), str)]


def _keep(facility: Organization, found: list[_Found]) -> int:
    present = {
        row.key: row
        for row in LookupFinding.objects.filter(facility=facility, key__in=[one.key for one in found])
    }
    new = []
    for one in found:
        row = present.get(one.key)
        if row is None:
            new.append(one)
        elif row.look_count != one.look_count:
            row.first_at, row.last_at = one.first_at, one.last_at
            row.chart_count, row.look_count = one.chart_count, one.look_count
            row.save(update_fields=["first_at", "last_at", "chart_count", "look_count"])
    if not new:
        return 0
    earliest, latest = min(one.first_at for one in new), max(one.last_at for one in new)
    held = roles_at({one.agent_id for one in new}, earliest, latest)
    LookupFinding.objects.bulk_create(
        LookupFinding(
            facility=facility,
            key=one.key,
            kind=one.kind,
            agent_id=one.agent_id,
            department_id=held[one.agent_id][0].department_id if held.get(one.agent_id) else None,
            patient_id=one.patient_id,
            first_at=one.first_at,
            last_at=one.last_at,
            chart_count=one.chart_count,
            look_count=one.look_count,
        )
        for one in new
    )
    return len(new)


@transaction.atomic
def judge(*, finding: LookupFinding, verdict: str, note: str, by: User) -> LookupFinding:
    """Say what was made of it. Nobody judges their own look-ups; a follow-up says what is to happen."""
    row = LookupFinding.objects.select_for_update().get(pk=finding.pk)
    if row.agent_id == by.pk:
        raise DomainError(_("Somebody else must judge your own look-ups."), code="own_lookups")
    if verdict == LookupFinding.Verdict.FOLLOW_UP and not note.strip():
        raise DomainError(
            _("Write down what is to be asked, and of whom."), code="note_missing", field="note"
        )
    row.verdict, row.note = LookupFinding.Verdict(verdict), note.strip()[:500]
    row.judged_by, row.judged_at, row.judged_look_count = by, now(), row.look_count
    row.save(update_fields=["verdict", "note", "judged_by", "judged_at", "judged_look_count"])
    detail = {"kind": row.kind, "verdict": row.verdict, "person": row.agent_id}
    record("lookup.judge", by=by, of=row, patient=row.patient, detail=detail)
    return row
