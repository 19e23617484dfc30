"""Whose wards these are: the departments of a person, the nurses of a department."""

from emr.accounts.models import Organization, PractitionerRole, User
from emr.common.clock import now
from encounters.bedside import permissions
from encounters.visits.forms.fields import clinical_departments


def wards_of(user: User, right: str = permissions.READ) -> list[Organization]:
    """The departments where the person holds the right, by code; one query at most."""
    reach = user.departments_for(right)
    if isinstance(reach, frozenset):
        held = {role.department_id: role.department for role in user.current_roles}
        if reach <= held.keys():  # read with the person's roles already
            mine = [held[pk] for pk in reach]
            return sorted((d for d in mine if d.is_clinical and d.is_active), key=lambda d: d.code)
        return list(clinical_departments(user.facility_id).filter(pk__in=reach))
    return list(clinical_departments(user.facility_id))


def nurses_of(department: Organization) -> list[User]:
    """Who may be given patients there: whoever holds a nurse's role in the department now, by name."""
    held = PractitionerRole.objects.filter(department=department, role__in=["nurse", "head_nurse"]).at(now())
    people = User.objects.filter(is_active=True, pk__in=held.values("user_id"))
    return list(people.order_by("sort_key"))
