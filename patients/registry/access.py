"""The only way to a patient: who may see whom (S-01, S-04), and who not in spite of that (S-05)."""

import datetime as dt
from uuid import UUID

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from emr.accounts import roles
from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.common.clock import now
from patients.registry import permissions
from patients.registry.models import CareContext, Confidentiality, Patient

# After the last day of care a department still finishes its papers.
CARE_DAYS = 30

# Whom the person or their departments care for or cared for lately, with the rows merged with them (a merge is one
# person). Of a restricted patient the department alone is no reason: only its roles that the facility names (setting
# `restricted_reach`). Written out: through the ORM, putting this text together cost each page more than PostgreSQL's answer.
_IN_CARE = """
WITH people AS (
    SELECT DISTINCT COALESCE(p.merged_into_id, p.id) AS id
    FROM registry_carecontext c JOIN registry_patient p ON p.id = c.patient_id
    WHERE c.facility_id = %s
      AND (c.practitioner_id = %s
        OR c.department_id = ANY(%s) AND (
            p.confidentiality = 'N'
            OR p.confidentiality = 'R' AND EXISTS (
                SELECT 1 FROM unnest(%s::text[], %s::bigint[]) AS held(role, department)
                WHERE held.department = c.department_id AND COALESCE((
                    SELECT value -> 'department' FROM accounts_facilitysetting
                    WHERE facility_id = %s AND name = 'restricted_reach'),
                    '["head_of_department", "head_nurse"]'::jsonb) ? held.role)))
      AND c.starts_at <= %s
      AND (c.ends_at IS NULL OR c.ends_at > %s - CASE
          WHEN c.reason IN ('break-glass', 'named', 'listed') THEN interval '0'
          ELSE make_interval(days => COALESCE((
              SELECT value::text::int FROM accounts_facilitysetting
              WHERE facility_id = %s AND name = 'care_days'), %s)) END)
      AND (c.reason <> 'break-glass' OR %s)
)
SELECT id FROM people
UNION
SELECT m.id FROM people JOIN registry_patient m ON m.merged_into_id = people.id
"""

# Whether one of the person's roles is among those that the facility's setting names under this key.
_NAMED_ROLE = """
EXISTS (SELECT 1 FROM unnest(%s::text[]) AS held(role) WHERE COALESCE((
    SELECT value -> %s FROM accounts_facilitysetting
    WHERE facility_id = %s AND name = 'restricted_reach'), %s::jsonb) ? held.role)
"""


def _in_care(user: User, departments: frozenset[int], *, emergency: bool) -> RawSQL:
    """The ids, for `pk__in`."""
    facility, moment = user.facility_id, now()
    held = user.current_roles
    who = [
        user.pk,
        sorted(departments),
        [role.role for role in held],
        [role.department_id for role in held],
        facility,
    ]
    params = [facility, *who, moment, moment, facility, CARE_DAYS, emergency]
    return RawSQL(_IN_CARE, params)  # nosec B611 # noqa: S611  our own text


def _has_named_role(user: User, key: str, usual: str) -> RawSQL:
    held = [role.role for role in user.current_roles]
    params = [held, key, user.facility_id, usual]
    return RawSQL(_NAMED_ROLE, params, output_field=BooleanField())  # nosec B611 # noqa: S611  our own text


def _unrestricted(user: User, *, emergency: bool, at_the_desk: bool) -> Q:
    """What a right over the whole facility reaches: deny beats allow (S-05), except for the people the rule names."""
    departments = frozenset(role.department_id for role in user.current_roles)
    reached = Q(confidentiality=Confidentiality.NORMAL)
    if at_the_desk:
        reached |= Q(_has_named_role(user, "desk", '["registration"]'))
    named = Q(_has_named_role(user, "facility", "[]"))
    reached |= Q(confidentiality=Confidentiality.RESTRICTED) & named
    return reached | Q(pk__in=_in_care(user, departments, emergency=emergency))


def patients_for(
    user: User, right: str = permissions.READ, *, with_emergency: bool = True, at_the_desk: bool = True
) -> QuerySet[Patient]:
    """The patients this person may reach with the right; never another facility's.

    A right that reaches the whole facility sees all of them, one that reaches departments those in their care now or
    up to `care_days` ago, with the rows merged with them. A restricted patient is seen by their care team and whom the
    rule names, by nobody else; the desk reaches them with the rights of `AT_THE_DESK`. Emergency access counts for the
    rights that it opens. Without the right: nobody.
    """
    own = Patient.objects.filter(facility_id=user.facility_id)
    if not user.has_right(right):
        return own.none()
    emergency = with_emergency and right in roles.IN_EMERGENCY
    reach = user.departments_for(right)
    if isinstance(reach, str):
        desk = at_the_desk and right in roles.AT_THE_DESK
        return own.filter(_unrestricted(user, emergency=emergency, at_the_desk=desk))
    return own.filter(pk__in=_in_care(user, reach, emergency=emergency))


def access_patient(user: User, patient_uuid: UUID, right: str = permissions.READ) -> Patient:
    """The patient of that public id, merged ones too; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = patients_for(user, right).select_related("merged_into").filter(uuid=patient_uuid)
    patient = found.annotate(emergency_ends_at=emergency_ends_at(user, "")).first()
    if patient is None:
        # The line in the log says whose chart was tried; the person learns nothing.
        tried = Patient.objects.filter(uuid=patient_uuid).first()
        raise Denied(right, entity=tried, patient_id=tried.pk if tried else None)
    remember_emergency(user, patient, patient.emergency_ends_at)
    return patient


def reaches(
    user: User, patient: Patient, right: str = permissions.READ, *, with_emergency: bool = False
) -> bool:
    """Whether the person reaches the patient with the right; without breaking the glass unless that may count."""
    return patients_for(user, right, with_emergency=with_emergency).filter(pk=patient.pk).exists()


def is_masked(user: User, patient: Patient) -> bool:
    """Whether the person sees who this is and nothing else: the desk with a restricted patient."""
    if not patient.is_restricted:
        return False
    return not patients_for(user, at_the_desk=False).filter(pk=patient.pk).exists()


def not_hidden(user: User, right: str, patient: str = "patient") -> Q:
    """Keeps restricted patients out of a list that isn't made from `patients_for`; `patient` is the path to them."""
    reached = patients_for(user, right, at_the_desk=False).order_by().values("pk")
    return Q(**{f"{patient}__confidentiality": Confidentiality.NORMAL}) | Q(**{f"{patient}__in": reached})


def emergency_until(user: User, patient: Patient) -> dt.datetime | None:
    """When the person's emergency access to this patient ends; None when there is none."""
    whose, ends_at = getattr(patient, "_emergency", (None, None))
    if whose == user.pk:
        return ends_at if ends_at is not None and ends_at > now() else None
    return _open_emergencies(user).filter(patient__in=same_person(patient)).first()


def remember_emergency(user: User, patient: Patient, ends_at: dt.datetime | None) -> None:
    """Keep with the patient what the query that reached them found for this person: each page's banner asks."""
    patient._emergency = (user.pk, ends_at)  # type: ignore[attr-defined]


def emergency_ends_at(user: User, patient: str) -> Subquery:
    """For a query of rows that lead to a patient by this path ("" for patients themselves), see `remember_emergency`."""
    path = f"{patient}__" if patient else ""
    root = Coalesce(OuterRef(f"{path}merged_into"), OuterRef(f"{path}pk"))
    return Subquery(_open_emergencies(user).filter(Q(patient=root) | Q(patient__merged_into=root))[:1])


def _open_emergencies(user: User) -> QuerySet[CareContext, dt.datetime | None]:
    """The ends of the person's emergency accesses that are open now, the last first."""
    moment = now()
    opened = CareContext.objects.filter(
        practitioner=user, reason=CareContext.EMERGENCY, starts_at__lte=moment, ends_at__gt=moment
    )
    return opened.order_by("-ends_at").values_list("ends_at", flat=True)


def acts_in_emergency(user: User, right: str, patient: Patient) -> bool:
    """Whether emergency access lets the person do this for the patient: own notes and orders, where they hold the right."""
    return (
        right in roles.IN_EMERGENCY and user.has_right(right) and emergency_until(user, patient) is not None
    )


def same_person(patient: Patient) -> QuerySet[Patient]:
    """All rows that are this one person, unevaluated: `filter(patient__in=same_person(patient))` costs no query."""
    return Patient.objects.filter(Q(pk=patient.root_id) | Q(merged_into_id=patient.root_id)).only("pk")


def same_person_ids(patient: Patient) -> list[int]:
    """Ids of all rows that are this one person, the survivor first: what a chart reads."""
    root = patient.root_id
    return [root, *Patient.objects.filter(merged_into_id=root).order_by("pk").values_list("pk", flat=True)]
