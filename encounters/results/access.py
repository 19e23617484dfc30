"""The only way to a measurement or a report: through its stay, or the patient that it is of."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.documents.permissions import PRINT
from encounters.results import permissions
from encounters.results.models import DiagnosticReport, Observation, ReportReview, ResultPrint
from encounters.results.models.reports import OF_THE_LABORATORY, RELEASED
from encounters.results.selectors.stays import present_departments, stays_now
from encounters.visits.access import demand_unlocked, reaches_stay, refuse_in_emergency
from patients.registry.access import listed_stays, reached

# Stays of the person whom a review is about, whichever of their rows it names.
_SAME_PERSON = (
    Q(patient=OuterRef("patient_id"))
    | Q(patient__merged_into=OuterRef("patient_id"))
    | Q(patient=OuterRef("patient__merged_into_id"))
    | Q(patient__merged_into=OuterRef("patient__merged_into_id"))
)


def access_observation(user: User, observation_uuid: UUID, right: str = permissions.READ) -> Observation:
    """The measurement of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = Observation.objects.select_related("encounter__patient").filter(uuid=observation_uuid).first()
    if found is None or not reaches_stay(user, found.encounter_id, right):
        raise Denied(right, entity=found)
    if right != permissions.READ:
        demand_unlocked(right, found.encounter)
        refuse_in_emergency(user, right, found.encounter, owner_id=found.performer_id)
    return found


def listed_alone(user: User) -> Q:
    """Keeps the reports of a patient who is reached already to what a mandate lists, for who reads by mandate alone."""
    if not user.is_listed_only(permissions.READ):
        return Q()
    whole = reached(user, permissions.READ, "patient", whole=True)
    return whole | Q(encounter__in=listed_stays(user, permissions.READ))


def access_report(user: User, report_uuid: UUID) -> DiagnosticReport:
    """The version of a report of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.READ)
    found = (
        DiagnosticReport.objects.filter(
            reached(user, permissions.READ, "patient"),
            listed_alone(user),
            facility_id=user.facility_id,
            uuid=report_uuid,
        )
        .select_related(
            "patient__merged_into",
            "encounter__department",
            "encounter__patient",
            "request__requester",
            "request__reflex_of",
            "author",
            "approved_by",
            "replaces",
            "facility",
        )
        .first()
    )
    if found is None:
        tried = DiagnosticReport.objects.filter(uuid=report_uuid).first()
        raise Denied(permissions.READ, entity=tried)
    return found


def access_report_to_print(user: User, report_uuid: UUID) -> DiagnosticReport:
    """The same for who may print what they reach; reading in an emergency puts nothing on paper (403)."""
    demand(user, permissions.PRINT)
    found = access_report(user, report_uuid)
    if not may_print(user, found):
        raise Denied(permissions.PRINT, entity=found, hidden=False)
    return found


def may_print(user: User, report: DiagnosticReport) -> bool:
    """Whether the person may print it. Who prints no documents prints what was released and holds, and nothing else."""
    if not user.has_right(permissions.PRINT):
        return False
    found = DiagnosticReport.objects.filter(reached(user, permissions.PRINT, "patient"), pk=report.pk)
    if not user.has_right(PRINT):
        found = found.filter(status__in=RELEASED, replaced_by=None)
    return found.exists()


def reports_to_take_back(user: User) -> QuerySet[DiagnosticReport]:
    """Those of the patients that the person reaches with the right to take results back."""
    return DiagnosticReport.objects.filter(
        reached(user, permissions.TAKE_BACK, "patient"), facility_id=user.facility_id
    )


def access_report_to_take_back(user: User, report_uuid: UUID) -> DiagnosticReport:
    """The version of that public id, for who may take it back; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.TAKE_BACK)
    found = (
        reports_to_take_back(user)
        .select_related(
            "patient__merged_into", "encounter__department", "request__requester", "replaces", "facility"
        )
        .filter(uuid=report_uuid)
        .first()
    )
    if found is None:
        tried = DiagnosticReport.objects.filter(uuid=report_uuid).first()
        raise Denied(permissions.TAKE_BACK, entity=tried)
    return found


def access_result_print(user: User, print_uuid: UUID) -> ResultPrint:
    """The print of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.PRINT)
    single = Q() if user.has_right(PRINT) else Q(report__status__in=RELEASED)
    found = (
        ResultPrint.objects.filter(
            single, reached(user, permissions.PRINT, "patient"), facility_id=user.facility_id
        )
        .select_related("patient__merged_into", "report", "requested_by", "attachment__key")
        .filter(uuid=print_uuid)
        .first()
    )
    if found is None:
        raise Denied(permissions.PRINT, entity=ResultPrint.objects.filter(uuid=print_uuid).first())
    return found


def may_take_back(user: User, report: DiagnosticReport) -> bool:
    """Whether the person may take this one back: not what holds no finding any more."""
    if report.status == DiagnosticReport.Status.ENTERED_IN_ERROR or not user.has_right(permissions.TAKE_BACK):
        return False
    return reports_to_take_back(user).filter(pk=report.pk).exists()


def may_compose(user: User, report: DiagnosticReport) -> bool:
    """Who performed or approved it here; of what a neighbour sent the laboratory and imaging, and of an examination that
    names nobody of the house the doctors where the patient is.
    """
    if not user.has_right(permissions.COMPOSE):
        return False
    if not DiagnosticReport.objects.filter(
        reached(user, permissions.COMPOSE, "patient"), pk=report.pk
    ).exists():
        return False
    named = {report.author_id, report.approved_by_id} - {None}
    if named:
        return user.pk in named
    is_examination = report.category not in OF_THE_LABORATORY
    return is_examination or isinstance(user.departments_for(permissions.COMPOSE), str)


def may_acknowledge(user: User, report: DiagnosticReport) -> bool:
    """Whoever ordered it, and the doctors of the ward where the patient is now or was last; both where the stay that it
    belongs to is over and the patient lies in another one.
    """
    if not user.has_right(permissions.ACKNOWLEDGE):
        return False
    if report.request is not None and report.request.requester_id == user.pk:
        return True
    if any(user.has_right(permissions.ACKNOWLEDGE, place) for place in present_departments(report)):
        return True
    if report.encounter is not None:
        return user.has_right(permissions.ACKNOWLEDGE, report.encounter.department_id)
    review = ReportReview.objects.filter(report=report).first()
    return review is not None and user.has_right(permissions.ACKNOWLEDGE, review.department_id)


def reviews_for(user: User, whose: str = "") -> QuerySet[ReportReview]:
    """What is open in the person's inbox: what they ordered ("mine"), what their departments' patients have ("team")."""
    mine = Q(requester=user)
    departments = user.departments_for(permissions.ACKNOWLEDGE)
    if isinstance(departments, str):
        team = Q(facility_id=user.facility_id)
    else:
        here = stays_now().filter(_SAME_PERSON, department__in=departments)
        team = Q(encounter__department__in=departments) | Q(encounter=None, department__in=departments)
        team |= Q(encounter__ended_at__isnull=False) & Exists(here) | Q(encounter=None) & Exists(here)
    asked = {"mine": mine, "team": team}.get(whose, mine | team)
    return ReportReview.objects.filter(
        asked,
        reached(user, permissions.READ, "patient"),
        facility_id=user.facility_id,
        outcome=ReportReview.Outcome.OPEN,
    )
