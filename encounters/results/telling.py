"""Who is told of a result at once: the ordering doctor, then the team, then the heads, until somebody acknowledges it.

The notice climbs its ladder by itself, across shifts: each rung is told to whoever holds the role at that hour. A notice
that somebody takes on without acknowledging the result isn't the end of it: `look` finds what is overdue and rings again,
and it tells the ward to which the patient has moved meanwhile.
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common import wall
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Notice
from emr.notices.selectors import To, ladder_of
from emr.notices.services import Holders, notify, withdraw
from emr.notices.watches import register_watch
from encounters.results.models import DiagnosticReport, ReportReading, ReportReview
from encounters.results.selectors.stays import present_departments

CRITICAL = "results.critical"
CHANGED = "results.changed"
LATE = "results.late"
PAGE = "encounters:results:report"
# Where a facility's own ladder has no second rung.
_USUAL_MINUTES = 30


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=CRITICAL,
            title=_("Critical result, %(department)s"),
            body=_("Open it and acknowledge it by %(due)s: after that the next are told."),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("sms", "chat")),
                Step(15, "doctor", ("sms", "chat")),
                Step(30, "head_of_department", ("sms", "chat")),
                Step(60, "director", ("sms", "chat")),
            ),
        )
    )
    register_kind(
        Kind(
            code=CHANGED,
            title=_("A result that you have seen was changed, %(department)s"),
            body=_("See what it says now, and whether anything was done because of the old one."),
            level=Level.ATTENTION,
            answer=Answer.ALL,
            ladder=(Step(0, TOLD), Step(60, TOLD, ("sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code=LATE,
            title=_("Result after discharge, %(department)s"),
            body=_("The patient has left: see whether anything is to be done, and acknowledge it."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD),),
        )
    )
    register_watch("critical results", look)


def due_after(facility_id: int) -> dt.timedelta:
    """How long a critical result may stay unacknowledged: until the facility's own ladder tells the next."""
    later = [step.after_minutes for step in ladder_of(facility_id, CRITICAL) if step.after_minutes]
    return dt.timedelta(minutes=min(later, default=_USUAL_MINUTES))


def _department(review: ReportReview) -> Organization | None:
    """Where the patient is now, or was last."""
    return review.encounter.department if review.encounter is not None else review.department


def _key(kind: str, report_id: int, department: Organization | None) -> str:
    return f"{kind}:{report_id}:{department.pk if department else 0}"


def tell_of_critical(
    review: ReportReview, *, orderer: bool = True, team: bool = False, by: User | None = None
) -> None:
    """Ring for the ordering doctor; for the team and its head too where nobody ordered it or `team` says so."""
    department = _department(review)
    is_there = orderer and review.requester is not None and review.requester.is_active
    to: list[To] = [review.requester] if is_there and review.requester is not None else []
    if department is not None and (team or not to):
        to += [Holders("doctor", department), Holders("head_of_department", department)]
    # The stay is over and the patient lies in another ward: whoever treats them now has to know as well.
    elsewhere = Organization.objects.filter(pk__in=present_departments(review.report)).order_by("pk")
    to += [Holders("doctor", ward) for ward in elsewhere if ward != department or not team]
    due = f"{timezone.localtime(review.due_at or now()):%H:%M}"
    notify(
        kind=CRITICAL,
        key=_key(CRITICAL, review.report_id, department),
        facility=review.facility,
        to=to,
        parameters={"department": department.name if department else "", "due": due},
        department=department,
        about=review.report,
        link=(PAGE, review.report.uuid),
        due_at=review.due_at,
        by=by,
    )


def tell_of_late(review: ReportReview, *, by: User | None = None) -> None:
    """Tell who ordered it, and the head of the ward that the patient has left; a critical one rings by its own ladder."""
    department = _department(review)
    is_there = review.requester is not None and review.requester.is_active
    to: list[To] = [review.requester] if is_there and review.requester is not None else []
    if department is not None:
        to.append(Holders("head_of_department", department))
    notify(
        kind=LATE,
        key=f"{LATE}:{review.report_id}",
        facility=review.facility,
        to=to,
        parameters={"department": department.name if department else ""},
        department=department,
        about=review.report,
        link=(PAGE, review.report.uuid),
        by=by,
    )


def stop_telling(report: DiagnosticReport, *, by: User | None = None) -> None:
    """Somebody has acknowledged it, or a newer version is held."""
    open_ones = Notice.objects.filter(
        facility_id=report.facility_id,
        kind__in=[CRITICAL, LATE],
        about_type=report._meta.label,
        about_id=report.pk,
        cause_gone_at=None,
    )
    for key in list(open_ones.values_list("key", flat=True)):
        withdraw(facility=report.facility, key=key, by=by)


def tell_of_change(report: DiagnosticReport, *, by: User | None = None) -> None:
    """Ring for everybody who has seen or acknowledged a version that this one replaces."""
    readers = _readers_before(report)
    if not readers:
        return
    department = report.encounter.department if report.encounter is not None else None
    notify(
        kind=CHANGED,
        key=f"{CHANGED}:{report.pk}",
        facility=report.facility,
        to=readers,
        parameters={"department": department.name if department else ""},
        department=department,
        about=report,
        link=(PAGE, report.uuid),
        by=by,
    )


def _readers_before(report: DiagnosticReport) -> list[User]:
    return _readers(report, pk__lt=report.pk)


def readers_of(report: DiagnosticReport) -> list[User]:
    """Who has seen or acknowledged this version or one before it: whom taking it back tells."""
    return _readers(report, pk__lte=report.pk)


def _readers(report: DiagnosticReport, **which: int) -> list[User]:
    older = DiagnosticReport.objects.filter(
        facility_id=report.facility_id,
        source=report.source,
        filler_number=report.filler_number,
        patient_id=report.patient_id,
        **which,
    )
    readings = ReportReading.objects.filter(report__in=older).select_related("reader").order_by("pk")
    return list({reading.reader_id: reading.reader for reading in readings}.values())


def look() -> None:
    """Each minute, a facility at a time: nothing critical falls between two shifts, two wards or two answers."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            for review in open_critical(facility):
                _look_at(review)


def open_critical(facility: Organization) -> list[ReportReview]:
    """What is critical and nobody has acknowledged."""
    found = ReportReview.objects.filter(
        facility=facility,
        outcome=ReportReview.Outcome.OPEN,
        urgency=ReportReview.Urgency.CRITICAL,
    )
    return list(
        found.select_related(
            "facility", "report", "encounter__department", "department", "requester"
        ).order_by("pk")
    )


def _look_at(review: ReportReview) -> None:
    key = _key(CRITICAL, review.report_id, _department(review))
    notice = Notice.objects.filter(facility_id=review.facility_id, key=key, cause_gone_at=None).first()
    if notice is None:
        # The patient has moved: the new ward hears of it now, and whoever was told before still knows.
        tell_of_critical(review, orderer=False, team=True)
    elif not notice.is_active and now() - (notice.closed_at or notice.authored_at) >= due_after(
        review.facility_id
    ):
        # Taken on, and still not acknowledged in the time that the ladder gives.
        withdraw(facility=review.facility, key=key)
        tell_of_critical(review, team=True)
