"""Visits and admissions that should not have been."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import MOVEMENT, demand_ours
from encounters.visits.clinical_data import clinical_data_of
from encounters.visits.models import AdmissionEntry, Encounter
from encounters.visits.services import _care, _rules
from encounters.visits.services._writes import save, tell
from encounters.visits.services.moves import reopen


@transaction.atomic
def cancel_admission(
    *,
    encounter: Encounter,
    by: User | None,
    reason: str,
    keep_bed: bool = True,
    expected_version: int | None = None,
) -> Encounter:
    """Take an admission back; its number stays in the register.

    A stay that began as a visit is a visit again, where the patient was before. A direct admission becomes entered in error,
    unless something clinical was written meanwhile. Taken back already: nothing happens.
    """
    stay = _rules.locked(encounter, whole=True)
    if stay.status == Encounter.Status.ENTERED_IN_ERROR or (not stay.is_inpatient and _was_admitted(stay)):
        return stay
    if not stay.is_inpatient:
        raise DomainError(_("The patient is not admitted."), code="not_admitted")
    _demand_undoable(stay, reason, expected_version)
    entry = stay.admission_entries.get(cancelled_at=None)
    if stay.arrival_class == Encounter.Class.INPATIENT:
        _enter_in_error(stay, by, reason)
    else:
        _back_to_visit(stay, entry, by, reason, keep_bed=keep_bed)
    entry.cancelled_at, entry.cancelled_by, entry.cancel_reason = now(), by, reason.strip()
    entry.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    record(
        "encounter.cancel_admission",
        by=by,
        of=stay,
        detail={"number": entry.number, "status": stay.status, "reason": reason[:200]},
    )
    tell("encounter.admission_cancelled", stay)
    return stay


@transaction.atomic
def cancel_visit(
    *, encounter: Encounter, by: User | None, reason: str, expected_version: int | None = None
) -> Encounter:
    """Enter a visit in error, unless something clinical was written. Entered in error already: nothing happens."""
    stay = _rules.locked(encounter, whole=True)
    if stay.status == Encounter.Status.ENTERED_IN_ERROR:
        return stay
    if stay.is_inpatient:
        raise DomainError(_("The patient is admitted: cancel the admission first."), code="admitted")
    _demand_undoable(stay, reason, expected_version)
    _enter_in_error(stay, by, reason)
    record("encounter.cancel_visit", by=by, of=stay, detail={"reason": reason[:200]})
    tell("encounter.visit_cancelled", stay)
    return stay


def _was_admitted(stay: Encounter) -> bool:
    return stay.admission_entries.filter(cancelled_at__isnull=False).exists()


def _demand_undoable(stay: Encounter, reason: str, expected_version: int | None) -> None:
    _rules.check_version(stay, expected_version)
    _rules.demand_reason(reason)
    demand_ours(stay.facility_id, MOVEMENT, stay)
    if not stay.is_open:
        raise DomainError(
            _("The patient was discharged: cancel the discharge first."), code="not_in_progress"
        )


def _enter_in_error(stay: Encounter, by: User | None, reason: str) -> None:
    if found := clinical_data_of(stay.pk):
        message = _("This stay can't be taken back, since it holds: %(found)s.") % {"found": ", ".join(found)}
        raise DomainError(message, code="has_clinical_data")
    moment = now()
    stay.locations.filter(cancelled_at=None).update(
        cancelled_at=moment, cancelled_by=by, cancel_reason=reason.strip()
    )
    stay.participants.filter(ends_at=None, starts_at__lte=moment).update(ends_at=moment)
    _care.sync_team(stay)
    stay.status, stay.cancelled_at, stay.cancelled_by = Encounter.Status.ENTERED_IN_ERROR, moment, by
    stay.cancel_reason = reason.strip()
    save(stay, "status", "cancelled_at", "cancelled_by", "cancel_reason")
    _care.close_all_care(stay)


def _back_to_visit(
    stay: Encounter, entry: AdmissionEntry, by: User | None, reason: str, *, keep_bed: bool
) -> None:
    since = stay.locations.filter(cancelled_at=None, id__gte=entry.place_id)
    since.update(cancelled_at=now(), cancelled_by=by, cancel_reason=reason.strip())
    _care.close_all_care(stay)
    stay.encounter_class, stay.admitted_at, stay.admission_number = stay.arrival_class, None, ""
    stay.department = None
    place = _rules.present_place(stay)
    if place is not None:
        place.encounter = stay
        place = reopen(place, by=by, keep_bed=keep_bed)
        stay.department = place.department
        _care.open_care(stay, place.department, place.starts_at)
    save(stay, "encounter_class", "admitted_at", "admission_number", "department")
