"""The only way to a patient: who may see whom (S-01, S-04)."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.common.clock import now
from patients.registry import permissions
from patients.registry.models import Patient

# After the last day of care a department still finishes its papers.
CARE_DAYS = 30


# Whom the person or their departments care for or cared for lately, with the rows merged with them (a merge is one
# person). Written out: through the ORM, putting this text together cost each page more than PostgreSQL's answer.
_IN_CARE = """
WITH people AS (
    SELECT DISTINCT COALESCE(p.merged_into_id, p.id) AS id
    FROM registry_carecontext c JOIN registry_patient p ON p.id = c.patient_id
    WHERE c.facility_id = %s
      AND (c.practitioner_id = %s OR c.department_id = ANY(%s))
      AND c.starts_at <= %s
      AND (c.ends_at IS NULL OR c.ends_at > %s - make_interval(days => COALESCE((
          SELECT value::text::int FROM accounts_facilitysetting
          WHERE facility_id = %s AND name = 'care_days'), %s)))
)
SELECT id FROM people
UNION
SELECT m.id FROM people JOIN registry_patient m ON m.merged_into_id = people.id
"""


def _in_care(user: User, departments: frozenset[int]) -> RawSQL:
    """The ids, for `pk__in`."""
    facility, moment = user.facility_id, now()
    by_whom = [user.pk, sorted(departments)]
    return RawSQL(_IN_CARE, [facility, *by_whom, moment, moment, facility, CARE_DAYS])  # nosec B611 # noqa: S611  our own


def patients_for(user: User, right: str = permissions.READ) -> QuerySet[Patient]:
    """The patients this person may reach with the right; never another facility's.

    A right that reaches the whole facility sees all of them, one that reaches departments those in their care now or
    up to `care_days` ago, with the rows merged with them. Without the right: nobody.
    """
    own = Patient.objects.filter(facility_id=user.facility_id)
    if not user.has_right(right):
        return own.none()
    reach = user.departments_for(right)
    return own if isinstance(reach, str) else own.filter(pk__in=_in_care(user, reach))


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
