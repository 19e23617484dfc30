"""People, departments, places, and who is what where."""

from emr.accounts.models.choices import CoverDuty, FacilitySetting
from emr.accounts.models.people import (
    HeldRoles,
    PractitionerRole,
    Role,
    RoleGrant,
    TsTzRange,
    User,
    UserManager,
)
from emr.accounts.models.places import FacilityRecord, Location, Organization

__all__ = [
    "CoverDuty",
    "FacilityRecord",
    "FacilitySetting",
    "HeldRoles",
    "Location",
    "Organization",
    "PractitionerRole",
    "Role",
    "RoleGrant",
    "TsTzRange",
    "User",
    "UserManager",
]
