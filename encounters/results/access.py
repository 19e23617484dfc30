"""The only way to a measurement or a report: through its stay, or the patient that it is of."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.results import permissions
from encounters.results.models import DiagnosticReport, Observation, ReportReview
from encounters.visits.access import reaches_stay, refuse_in_emergency
from patients.registry.access import listed_stays, reached


def access_observation(user: User, observation_uuid: UUID, right: str = permissions.READ) -> Observation:
    """The measurement of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = Observation.objects.select_related("encounter__patient").filter(uuid=observation_uuid).first()
    if found is None or not reaches_stay(user, found.encounter_id, right):
        raise Denied(right, entity=found)
    if right != permissions.READ:
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


def may_acknowledge(user: User, report: DiagnosticReport) -> bool:
    """Whoever ordered it, and the doctors of the ward where the patient is now or was last."""
    if not user.has_right(permissions.ACKNOWLEDGE):
        return False
    if report.request is not None and report.request.requester_id == user.pk:
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
        team = Q(encounter__department__in=departments) | Q(encounter=None, department__in=departments)
    asked = {"mine": mine, "team": team}.get(whose, mine | team)
    return ReportReview.objects.filter(
        asked,
        reached(user, permissions.READ, "patient"),
        facility_id=user.facility_id,
        outcome=ReportReview.Outcome.OPEN,
    )
