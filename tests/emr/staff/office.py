"""The office: Thành and Hà manage accounts, An is a doctor of internal medicine."""

from dataclasses import dataclass

from emr.accounts.models import Organization, Role, User
from emr.accounts.selectors import roles_of
from tests.emr.people import make_an, make_department, make_facility, make_user


@dataclass
class Office:
    """Who and what most tests need."""

    facility: Organization
    ward: Organization
    office: Organization
    thanh: User
    ha: User
    an: User


def open_office() -> Office:
    """The smallest facility with two administrators."""
    facility = make_facility()
    ward, office = make_department(facility), make_department(facility, "HC", "Phòng Hành chính")
    return Office(
        facility=facility,
        ward=ward,
        office=office,
        thanh=make_user("thanh", "Lý Công Thành", "admin", office),
        ha=make_user("ha", "Vũ Thu Hà", "admin", office),
        an=make_an(ward),
    )


def bundle(facility: Organization, code: str) -> Role:
    """The facility's role of that code."""
    return next(role for role in roles_of(facility.pk) if role.code == code)


def grants(facility: Organization, code: str) -> dict[str, str]:
    """What that role grants."""
    return {grant.right: grant.scope for grant in bundle(facility, code).grants.all()}


def fresh(user: User) -> User:
    """The person as the next request reads them."""
    return User.objects.get(pk=user.pk)
