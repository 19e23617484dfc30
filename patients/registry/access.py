"""The only way to a patient: who may see whom (S-01, S-04)."""

from uuid import UUID

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from emr.accounts import roles
from emr.accounts.access import Denied, demand
from emr.accounts.models import FacilitySetting, User
from emr.common.clock import now
from patients.registry import permissions
from patients.registry.models import CareContext, Patient

# After the last day of care a department still finishes its papers.
CARE_DAYS = 30


class _Days(Func):
    """A number of days as an interval."""

    template = "make_interval(days => %(expressions)s)"
    output_field = DurationField()


def care_for(user: User, right: str = permissions.READ) -> QuerySet[CareContext]:
    """Care given lately by the departments where the person holds the right, or by the person in name."""
    reach = user.departments_for(right)
    chosen = FacilitySetting.objects.filter(facility_id=user.facility_id, name="care_days")
    days = Coalesce(Subquery(chosen.values(days=Cast("value", IntegerField()))[:1]), CARE_DAYS)
    moment = now()
    lately = ExpressionWrapper(Value(moment) - _Days(days), output_field=DateTimeField())
    by_whom = Q(practitioner=user)
    if isinstance(reach, frozenset) and reach:
        by_whom |= Q(department__in=reach)
    return CareContext.objects.filter(
        by_whom,
        Q(ends_at=None) | Q(ends_at__gt=lately),
        facility_id=user.facility_id,
        starts_at__lte=moment,
    )


def patients_for(user: User, right: str = permissions.READ) -> QuerySet[Patient]:
    """The patients this person may reach with the right; never another facility's.

    A right that reaches the whole facility sees all of them, one that reaches departments those in their care, with
    the rows merged with them (a merge is one person). Without the right: nobody.
    """
    own = Patient.objects.filter(facility_id=user.facility_id)
    if not user.has_right(right):
        return own.none()
    if user.departments_for(right) == roles.EVERYWHERE:
        return own
    in_care = own.filter(pk__in=care_for(user, right).values("patient_id"))
    people = in_care.annotate(person=Coalesce("merged_into_id", "pk")).values("person")
    return own.filter(
        pk__in=own.filter(pk__in=people)
        .values("pk")
        .union(own.filter(merged_into_id__in=people).values("pk"))
    )


def access_patient(user: User, patient_uuid: UUID, right: str = permissions.READ) -> Patient:
    """The patient of that public id, merged ones too; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    patient = patients_for(user, right).select_related("merged_into").filter(uuid=patient_uuid).first()
    if patient is None:
        # The line in the log says whose chart was tried; the person learns nothing.
        tried = Patient.objects.filter(uuid=patient_uuid).first()
        raise Denied(right, entity=tried, patient_id=tried.pk if tried else None)
    return patient


def same_person(patient: Patient) -> QuerySet[Patient]:
    """All rows that are this one person, unevaluated: `filter(patient__in=same_person(patient))` costs no query."""
    return Patient.objects.filter(Q(pk=patient.root_id) | Q(merged_into_id=patient.root_id)).only("pk")


def same_person_ids(patient: Patient) -> list[int]:
    """Ids of all rows that are this one person, the survivor first: what a chart reads."""
    root = patient.root_id
    return [root, *Patient.objects.filter(merged_into_id=root).order_by("pk").values_list("pk", flat=True)]
