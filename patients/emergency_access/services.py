"""The glass is broken for one patient and one hour, and looked at afterwards."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from patients.emergency_access import telling
from patients.emergency_access.models import EmergencyAccess
from patients.emergency_access.reasons import reasons_of
from patients.registry.access import reaches, same_person
from patients.registry.models import CareContext, Patient
from patients.registry.services import open_care

MINUTES = 60
REVIEW_WORKING_DAYS = 3


@transaction.atomic
def open_emergency_access(*, patient: Patient, reason: str, words: str, by: User) -> EmergencyAccess:
    """Let the person see this patient for an hour. The line in the log comes first: without it nothing opens.

    Open already: the one that runs. Refuses a reason that isn't on the list, no words, and who reaches the chart anyhow.
    """
    reasons = dict(reasons_of(patient.facility_id))
    if reason not in reasons:
        raise DomainError(_("Choose the reason."), code="no_reason", field="reason")
    if len(words.strip()) < 5:
        raise DomainError(_("Say in a few words why."), code="no_words", field="words")
    if patient.facility_id != by.facility_id:
        raise DomainError(_("There is nobody with this number."), code="other_facility")
    if reaches(by, patient):
        raise DomainError(_("You reach this chart already."), code="reached")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    moment = now()
    running = EmergencyAccess.objects.filter(
        patient__in=same_person(patient), user=by, ends_at__gt=moment, context__ends_at__gt=moment
    )
    if (present := running.first()) is not None:
        return present
    ends_at = moment + dt.timedelta(minutes=MINUTES)
    record(
        "emergency_access.open",
        by=by,
        of=patient,
        patient=patient,
        detail={"reason": reason, "ends_at": ends_at},
    )
    context = open_care(
        patient=patient,
        practitioner=by,
        reason=CareContext.EMERGENCY,
        source="emergency",
        starts_at=moment,
        ends_at=ends_at,
    )
    opened = EmergencyAccess.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        user=by,
        department=_department_of(patient),
        context=context,
        reason=reason,
        reason_text=reasons[reason],
        words=words.strip()[:400],
        opened_at=moment,
        ends_at=ends_at,
        review_due_on=working_days_after(local_today(), REVIEW_WORKING_DAYS, patient.facility_id),
    )
    telling.tell_of(opened)
    return opened


def _department_of(patient: Patient) -> Organization | None:
    """Who cares for the patient now, else who did last."""
    contexts = CareContext.objects.filter(patient__in=same_person(patient), department__isnull=False)
    last = contexts.select_related("department").order_by("-ends_at", "-starts_at").first()
    return last.department if last else None


def working_days_after(day: dt.date, count: int, facility_id: int) -> dt.date:
    """The day that many working days later; Saturdays, Sundays and the facility's `holidays` (ISO dates) don't count."""
    holidays = set(facility_setting(facility_id, "holidays", []))
    while count:
        day += dt.timedelta(days=1)
        if day.weekday() < 5 and day.isoformat() not in holidays:
            count -= 1
    return day


@transaction.atomic
def review_emergency_access(
    *, access: EmergencyAccess, verdict: str, remark: str, by: User
) -> EmergencyAccess:
    """Say what is thought of it. Refuses one's own, a second verdict, and a doubtful one without words."""
    row = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if row.user_id == by.pk:
        raise DomainError(_("Somebody else reviews your own access."), code="own")
    if row.verdict:
        raise DomainError(_("This was reviewed already."), code="reviewed")
    if verdict not in EmergencyAccess.Verdict.values:
        raise DomainError(_("Choose a verdict."), code="no_verdict", field="verdict")
    if verdict != EmergencyAccess.Verdict.JUSTIFIED and not remark.strip():
        raise DomainError(_("Say what was wrong or is to be done."), code="no_remark", field="remark")
    row.verdict, row.remark, row.reviewed_at, row.reviewed_by = verdict, remark.strip()[:400], now(), by
    row.save(update_fields=["verdict", "remark", "reviewed_at", "reviewed_by"])
    record("emergency_access.review", by=by, of=row, detail={"verdict": verdict, "user": row.user_id})
    telling.take_back(row)
    return row
