"""What every verb of a stay checks: times, places, versions, and what PostgreSQL refused."""

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import Location, Organization
from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.models import Patient

# Clocks of ward PCs differ a little.
FUTURE_LIMIT = dt.timedelta(minutes=5)
LATE_ENTRY_HOURS = 24
declare(
    Whole(
        name="late_entry_hours",
        room="visits",
        label=gettext_lazy("An admission, transfer or discharge needs a reason when it is older than"),
        default=LATE_ENTRY_HOURS,
        least=1,
        most=168,
        unit=pgettext_lazy("unit", "hours"),
    )
)

_REFUSALS = {
    "no_two_patients_in_a_bed": (
        "bed_taken",
        "bed",
        gettext_lazy("Another patient has this bed at that time. Choose another bed."),
    ),
    "no_overlapping_inpatient_stays": (
        "overlapping_stay",
        None,
        gettext_lazy("The patient has another inpatient stay at that time."),
    ),
    "one_place_at_a_time": (
        "overlapping_place",
        "at",
        gettext_lazy("The patient is in another place at that time."),
    ),
    "one_encounter_per_identifier": (
        "identifier_taken",
        "identifier",
        gettext_lazy("Another stay has this treatment code."),
    ),
}


@contextlib.contextmanager
def database_refusals() -> Iterator[None]:
    """Run a block in a savepoint; what a constraint refuses becomes a sentence for the person."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None) or ""
        if constraint not in _REFUSALS:
            raise
        raise refusal_of(constraint) from error


def refusal_of(constraint: str) -> DomainError:
    """What a person reads when this constraint would be broken."""
    code, field, message = _REFUSALS[constraint]
    return DomainError(message, code=code, field=field)


def locked_patient(patient: Patient) -> Patient:
    """The patient (the survivor, when merged), locked: two verbs about one person come one after the other."""
    return Patient.objects.select_for_update(no_key=True).get(pk=patient.root_id)


def locked_patients(patients: Iterable[Patient]) -> dict[int, Patient]:
    """{root's key: the patient}, all locked in one order."""
    rows = Patient.objects.select_for_update(no_key=True).order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in={patient.root_id for patient in patients})}


def locked(encounter: Encounter, expected_version: int | None = None, *, whole: bool = False) -> Encounter:
    """The stay, locked and fresh. Refuses when somebody changed it since `expected_version` was shown.

    `whole` also waits for rows that are being hung on it in other transactions.
    """
    stay = (
        Encounter.objects.select_for_update(of=("self",), no_key=not whole)
        .select_related("patient", "department")
        .get(pk=encounter.pk)
    )
    check_version(stay, expected_version)
    return stay


def locked_stays(encounters: Iterable[Encounter]) -> dict[int, Encounter]:
    """{key: stay}, fresh and all locked in one order."""
    rows = Encounter.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    found = rows.select_related("patient", "department").filter(pk__in=[stay.pk for stay in encounters])
    return {stay.pk: stay for stay in found}


def check_version(stay: Encounter, expected: int | None) -> None:
    """Refuse when the stay isn't the one that the person looked at."""
    if expected is not None and stay.version != expected:
        raise Conflict(
            _("Somebody changed this stay in the meantime. Look at it again, then repeat what you wanted.")
        )


def demand_open(encounter: Encounter) -> None:
    """Refuse unless the stay is in progress."""
    if not encounter.is_open:
        raise DomainError(_("This stay is no longer in progress."), code="not_in_progress")


def instant(at: dt.datetime | None) -> dt.datetime:
    """The event's time to the second; now when none is given."""
    moment = at or now()
    if timezone.is_naive(moment):
        raise ValueError("an event's time needs its zone")
    return moment.replace(microsecond=0)


def check_event(
    at: dt.datetime,
    *,
    patient: Patient,
    field: str = "at",
    not_before: dt.datetime | None = None,
    why: str = "",
) -> None:
    """Refuse impossible times, each with its reason. `why` says what must come first when `not_before` is not met."""
    if at > now() + FUTURE_LIMIT:
        raise DomainError(_("This time lies in the future."), code="in_the_future", field=field)
    if _is_before_birth(at, patient):
        raise DomainError(_("This time lies before the patient's birth."), code="before_birth", field=field)
    if not_before is not None and at < not_before:
        message = why or _("This time lies before the start of the stay.")
        shown = timezone.localtime(not_before).strftime("%d/%m/%Y %H:%M")
        raise DomainError(f"{message} ({shown})", code="too_early", field=field)


def check_alive(at: dt.datetime, patient: Patient) -> None:
    """Refuse care that begins after the patient's death."""
    if patient.deceased_at is not None and at > patient.deceased_at:
        raise DomainError(_("The patient had died before this time."), code="after_death", field="at")


def _is_before_birth(at: dt.datetime, patient: Patient) -> bool:
    day = timezone.localdate(at)
    if patient.birth_date is not None:
        return day < patient.birth_date
    if patient.birth_year is None:
        return False
    return (day.year, day.month) < (patient.birth_year, patient.birth_month or 1)


def check_late(at: dt.datetime, *, facility_id: int, reason: str, field: str = "late_reason") -> None:
    """An event entered long after it happened needs a reason (R-21: both times are kept, marked "ghi bổ sung")."""
    age = now() - at
    if reason.strip() or age <= dt.timedelta(hours=1):
        return
    hours = int(facility_setting(facility_id, "late_entry_hours"))
    if age > dt.timedelta(hours=hours):
        message = _("This happened more than %(hours)s hours ago: say why it is entered only now.")
        raise DomainError(message % {"hours": hours}, code="late_reason_required", field=field)


def check_place(department: Organization | None, bed: Location | None, *, facility_id: int) -> None:
    """Refuse a department or a bed where nobody can be put."""
    check_department(department, facility_id=facility_id)
    if bed is not None:
        check_bed(department, bed, locked_beds([bed]))


def locked_beds(beds: Iterable[Location]) -> dict[int, Location]:
    """{key: bed as it is}, locked: two people choosing one bed in the same second wait here for each other instead of
    meeting in a deadlock.
    """
    rows = Location.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in=[bed.pk for bed in beds])}


def check_department(department: Organization | None, *, facility_id: int) -> None:
    """Refuse what is no department of the facility."""
    if department is not None and (
        department.kind != Organization.Kind.DEPARTMENT or department.facility_id != facility_id
    ):
        raise DomainError(
            _("There is no such department here."), code="unknown_department", field="department"
        )


def check_bed(department: Organization | None, bed: Location, locked: Mapping[int, Location]) -> None:
    """Refuse a bed of elsewhere or out of use; `locked` holds it as it is."""
    if bed.kind != Location.Kind.BED or department is None or bed.department_id != department.pk:
        raise DomainError(_("The bed does not belong to this department."), code="bed_elsewhere", field="bed")
    if locked[bed.pk].status != Location.Status.ACTIVE:
        raise DomainError(_("The bed is out of use."), code="bed_out_of_use", field="bed")


def present_place(encounter: Encounter) -> EncounterLocation | None:
    """Where the patient is now, or was last; None before the first place."""
    return (
        EncounterLocation.objects.filter(encounter=encounter, cancelled_at=None)
        .select_related("department", "location")
        .order_by("-starts_at", "-id")
        .first()
    )


def demand_reason(reason: str) -> None:
    """Refuse without a reason: what is taken back says why."""
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
