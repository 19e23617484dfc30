"""The only way to a patient: who may see whom (S-01, S-04), and who not in spite of that (S-05)."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts import roles
from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.choices import RolesBy, Whole, declare
from emr.common.clock import now
from emr.common.compiled import Compiled
from patients.registry import permissions
from patients.registry.models import CareContext, Confidentiality, Patient

# After the last day of care a department still finishes its papers; migration `registry.0004` knows the number too.
CARE_DAYS = 30
declare(
    Whole(
        name="care_days",
        room="registry",
        label=gettext_lazy("After its last day of care a department still opens the chart for"),
        default=CARE_DAYS,
        least=0,
        most=365,
        unit=pgettext_lazy("unit", "days"),
        is_grave=True,
    )
)
declare(
    RolesBy(
        name="restricted_reach",
        room="registry",
        label=gettext_lazy("Who sees restricted charts"),
        help=gettext_lazy("Besides the attending doctors and the people named in the chart."),
        default={
            "department": ["head_of_department", "head_nurse"],
            "facility": [],
            "desk": ["registration"],
        },
        keys=(
            ("department", gettext_lazy("In the department that cares")),
            ("facility", gettext_lazy("In the whole facility")),
            ("desk", gettext_lazy("At the desk: who it is and who pays, nothing of why")),
        ),
        is_grave=True,
    )
)


def care_days(facility_id: int) -> int:
    """How many days after its last day of care a department still opens the chart (facility setting)."""
    return int(facility_setting(facility_id, "care_days"))


class Reaches(Func):
    """Whether what the door knows of a person reaches one patient: for rows at hand, where `patients_for` would list all."""

    function = "registry_reaches"
    output_field = BooleanField()


def known_of(
    user: User, right: str, *, with_emergency: bool = True, at_the_desk: bool = True, whole: bool = False
) -> str:
    """What the functions of migration `registry.0004` are told of a person who holds the right."""
    reach, held = user.departments_for(right), user.current_roles
    departments = {role.department_id for role in held} if isinstance(reach, str) else reach
    return json.dumps(
        {
            "facility": user.facility_id,
            "person": user.pk,
            "departments": sorted(departments),
            "roles": [[role.role, role.department_id] for role in held],
            "at": now().isoformat(),
            "emergency": with_emergency and right in roles.IN_EMERGENCY,
            "listed": right in roles.WHEN_LISTED,
            "one_stay": not whole and right in roles.WHEN_ONE_STAY_IS_LISTED and user.is_listed_only(right),
            "anywhere": isinstance(reach, str),
            "desk": at_the_desk and right in roles.AT_THE_DESK,
        }
    )


def reached(
    user: User,
    right: str = permissions.READ,
    patient: str = "",
    *,
    with_emergency: bool = True,
    at_the_desk: bool = True,
    whole: bool = False,
) -> Q:
    """The condition that a row's patient (the path to them; "" for patients themselves) is reached with the right.

    For rows found by something else, one or a page of them; `patients_for` lists all, and says who is reached and how.
    """
    if not user.has_right(right):
        return Q(pk__in=[])
    known = known_of(user, right, with_emergency=with_emergency, at_the_desk=at_the_desk, whole=whole)
    asked = Q(Reaches(F(patient or "pk"), Value(known)))
    if not isinstance(user.departments_for(right), str):
        return asked
    confidentiality = f"{patient}__confidentiality" if patient else "confidentiality"
    return Q(**{confidentiality: Confidentiality.NORMAL}) | asked


def patients_for(
    user: User,
    right: str = permissions.READ,
    *,
    with_emergency: bool = True,
    at_the_desk: bool = True,
    whole: bool = False,
) -> QuerySet[Patient]:
    """The patients this person may reach with the right; never another facility's.

    A right that reaches the whole facility sees all of them, one that reaches departments those in their care now or
    up to `care_days` ago, with the rows merged with them. A restricted patient is seen by their care team and whom the
    rule names, by nobody else; the desk reaches them with the rights of `AT_THE_DESK`. Emergency access counts for the
    rights that it opens. A right that is held for listed charts alone reaches what mandates in force list, `whole`
    without those of which one stay is listed. Without the right: nobody.
    """
    own = Patient.objects.filter(facility_id=user.facility_id)
    if not user.has_right(right):
        return own.none()
    if isinstance(user.departments_for(right), str):
        return own.filter(reached(user, right, with_emergency=with_emergency, at_the_desk=at_the_desk))
    known = known_of(user, right, with_emergency=with_emergency, whole=whole)
    return own.filter(pk__in=RawSQL("SELECT registry_people_in_care(%s)", [known]))  # nosec B611


@Compiled
def _one(
    facility_id: int, patient_uuid: UUID, known: str, user_id: int, moment: dt.datetime
) -> QuerySet[Patient]:
    own = Patient.objects.filter(Reaches(F("pk"), Value(known)), facility_id=facility_id, uuid=patient_uuid)
    emergency = _emergency_ends_at(F("pk"), user_id, moment)
    return own.select_related("merged_into").annotate(emergency_ends_at=emergency)


def access_patient(user: User, patient_uuid: UUID, right: str = permissions.READ) -> Patient:
    """The patient of that public id, merged ones too; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    patient: Any = _one.first(user.facility_id, patient_uuid, known_of(user, right), user.pk, now())
    if patient is None:
        # The line in the log says whose chart was tried; the person learns nothing.
        tried = Patient.objects.filter(uuid=patient_uuid).first()
        raise Denied(right, entity=tried, patient_id=tried.pk if tried else None)
    remember_emergency(user, patient, patient.emergency_ends_at)
    return patient  # type: ignore[no-any-return]


def listed_stays(user: User, right: str) -> QuerySet[CareContext, int | None]:
    """The single stays that mandates in force list for this person, for `pk__in`."""
    moment = now()
    listed = CareContext.objects.filter(
        Q(reason=CareContext.LISTED_CLOSELY)
        | Q(reason=CareContext.LISTED, patient__confidentiality=Confidentiality.NORMAL),
        facility_id=user.facility_id,
        practitioner=user,
        only_stay__isnull=False,
        starts_at__lte=moment,
        ends_at__gt=moment,
    )
    if right not in roles.WHEN_ONE_STAY_IS_LISTED or not user.has_right(right):
        listed = listed.none()
    return listed.values_list("only_stay", flat=True)


def reaches(
    user: User,
    patient: Patient,
    right: str = permissions.READ,
    *,
    with_emergency: bool = False,
    whole: bool = False,
) -> bool:
    """Whether the person reaches the patient with the right; without breaking the glass unless that may count."""
    own = Patient.objects.filter(facility_id=user.facility_id, pk=patient.pk)
    return own.filter(reached(user, right, with_emergency=with_emergency, whole=whole)).exists()


def is_masked(user: User, patient: Patient) -> bool:
    """Whether the person sees who this is and nothing else: the desk with a restricted patient, the reader of one stay."""
    if user.is_listed_only(permissions.READ):
        return not reaches(user, patient, whole=True)
    if not patient.is_restricted:
        return False
    return not Patient.objects.filter(reached(user, at_the_desk=False), pk=patient.pk).exists()


def not_hidden(user: User, right: str, patient: str = "patient") -> Q:
    """Keeps restricted patients out of a list that isn't made from `patients_for`; `patient` is the path to them."""
    is_normal = Q(**{f"{patient}__confidentiality": Confidentiality.NORMAL})
    return is_normal | reached(user, right, patient, at_the_desk=False)


def not_hidden_from(known: str, patient: str = "patient") -> Q:
    """As `not_hidden`, for a question whose text is kept: `known` is `known_of(user, right, at_the_desk=False)`."""
    is_normal = Q(**{f"{patient}__confidentiality": Confidentiality.NORMAL})
    return is_normal | Q(Reaches(F(patient), Value(known)))


def emergency_until(user: User, patient: Patient) -> dt.datetime | None:
    """When the person's emergency access to this patient ends; None when there is none."""
    whose, ends_at = getattr(patient, "_emergency", (None, None))
    if whose == user.pk:
        return ends_at if ends_at is not None and ends_at > now() else None
    asked = Patient.objects.filter(pk=patient.pk).annotate(ends=emergency_ends_at(user, ""))
    return asked.values_list("ends", flat=True).first()


def remember_emergency(user: User, patient: Patient, ends_at: dt.datetime | None) -> None:
    """Keep with the patient what the query that reached them found for this person: each page's banner asks."""
    patient._emergency = (user.pk, ends_at)  # type: ignore[attr-defined]


def emergency_ends_at(user: User, patient: str) -> Func:
    """When the last of the person's open emergency accesses ends, for a query of rows that lead to a patient by this path
    ("" for patients themselves): see `remember_emergency`.
    """
    return _emergency_ends_at(F(patient or "pk"), user.pk, now())


def _emergency_ends_at(patient: F, user_id: int, moment: dt.datetime) -> Func:
    asked = (patient, Value(user_id), Value(moment))
    return Func(*asked, function="registry_emergency_until", output_field=DateTimeField())


def acts_in_emergency(user: User, right: str, patient: Patient) -> bool:
    """Whether emergency access lets the person do this for the patient: own notes and orders, where they hold the right."""
    return (
        right in roles.IN_EMERGENCY and user.has_right(right) and emergency_until(user, patient) is not None
    )


def same_person(patient: Patient) -> RawSQL:
    """The ids of all rows that are this one person: `filter(patient__in=same_person(patient))` costs no query.

    Written out: pages ask it several times, and putting it together took longer than PostgreSQL's answer.
    """
    return rows_of_root(patient.root_id)


def rows_of_root(root: int) -> RawSQL:
    """The ids of the person whose survivor this is."""
    return RawSQL("SELECT id FROM registry_patient WHERE id = %s OR merged_into_id = %s", [root, root])  # nosec B611


def same_person_ids(patient: Patient) -> list[int]:
    """Ids of all rows that are this one person, the survivor first: what a chart reads."""
    root = patient.root_id
    return [root, *Patient.objects.filter(merged_into_id=root).order_by("pk").values_list("pk", flat=True)]
