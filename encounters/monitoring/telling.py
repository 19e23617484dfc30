"""Who is called for a score: the attending doctor and the ward's doctors, then the heads, until somebody answers it.

A notice that somebody takes on without an answer here isn't the end of it: `look` rings again when the time that the score
gives has passed, and it calls the ward to which the patient has moved meanwhile.
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common import wall
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Notice
from emr.notices.selectors import Holders, To
from emr.notices.services import notify, withdraw
from emr.notices.watches import register_watch
from encounters.monitoring.models import EarlyWarning
from encounters.monitoring.models import Level as Asked
from encounters.monitoring.selectors.warning import ASKING, covering, unanswered
from encounters.visits.models import Encounter, EncounterParticipant

HIGH = "monitoring.high"
MEDIUM = "monitoring.medium"
_KINDS = {Asked.HIGH.value: HIGH, Asked.MEDIUM.value: MEDIUM}
PAGE = "encounters:monitoring:patient"
_USUAL = dt.timedelta(minutes=30)


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=HIGH,
            title=_("Early warning score is high: come at once, %(department)s"),
            body=_("Come, and write what is done by %(due)s: after that the next are told."),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("sms", "chat")),
                Step(10, "doctor", ("sms", "chat")),
                Step(20, "head_of_department", ("sms", "chat")),
                Step(45, "director", ("sms", "chat")),
            ),
        )
    )
    register_kind(
        Kind(
            code=MEDIUM,
            title=_("Early warning score is raised: see the patient, %(department)s"),
            body=_("See the patient, and write what is done by %(due)s: after that the next are told."),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD),
                Step(30, "doctor", ("sms", "chat")),
                Step(60, "head_of_department", ("sms", "chat")),
            ),
        )
    )
    register_watch("early warnings", look)


def _key(kind: str, encounter: Encounter) -> str:
    return f"{kind}:{encounter.pk}:{encounter.department_id or 0}"


def _open_notices(encounter: Encounter) -> dict[str, Notice]:
    """What is told of the stay and not taken back, by key."""
    found = Notice.objects.filter(
        facility_id=encounter.facility_id,
        kind__in=_KINDS.values(),
        about_type=Encounter._meta.label,
        about_id=encounter.pk,
        cause_gone_at=None,
    )
    return {notice.key: notice for notice in found}


def stop(encounter: Encounter, *, by: User | None = None, but: str = "") -> None:
    """Nothing is asked any more: answered, better, or gone."""
    for key in _open_notices(encounter):
        if key != but:
            withdraw(facility=encounter.facility, key=key, by=by)


def tell_of(encounter: Encounter, warning: EarlyWarning | None) -> None:
    """Call for the stay's newest score, or end the calling where it asks for nobody or an earlier answer covers it."""
    wanted = warning is not None and warning.level in ASKING and encounter.is_open
    if warning is None or not wanted or covering(warning) is not None:
        stop(encounter)
        return
    kind = _KINDS[warning.level]
    key = _key(kind, encounter)
    stop(encounter, but=key)
    held = _open_notices(encounter).get(key)
    if held is not None and not held.is_active:
        # Taken on without an answer, and measured again as bad: told anew.
        withdraw(facility=encounter.facility, key=key)
    department = encounter.department
    notify(
        kind=kind,
        key=key,
        facility=encounter.facility,
        to=_whom(encounter, department),
        parameters={
            "department": department.name if department else "",
            "due": f"{timezone.localtime(warning.respond_by or now()):%H:%M}",
        },
        department=department,
        about=encounter,
        link=(PAGE, encounter.uuid),
        due_at=warning.respond_by,
    )


def _whom(encounter: Encounter, department: Organization | None) -> list[To]:
    """The attending doctor, and the ward's doctors: at night the attending one sleeps."""
    attending = (
        EncounterParticipant.objects.filter(encounter=encounter, role="ATND", ends_at=None)
        .select_related("practitioner")
        .first()
    )
    to: list[To] = [attending.practitioner] if attending is not None else []
    return to + ([Holders("doctor", department)] if department is not None else [])


def look() -> None:
    """Each minute, a facility at a time: what nobody has answered rings again, in the ward where the patient is now."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            for warning in unanswered(facility.pk):
                _look_at(warning)


def _look_at(warning: EarlyWarning) -> None:
    encounter = warning.encounter
    held = _open_notices(encounter).get(_key(_KINDS[warning.level], encounter))
    given = (warning.respond_by - warning.measured_at) if warning.respond_by else _USUAL
    if held is None or (not held.is_active and now() - (held.closed_at or held.authored_at) >= given):
        tell_of(encounter, warning)
