"""Shape of what the office types."""

from emr.staff.forms.people import (
    EndRoleForm,
    FilterForm,
    GiveRoleForm,
    ImportForm,
    LicenceForm,
    NewPersonForm,
    PersonForm,
    PracticeForm,
    SuspendForm,
)
from emr.staff.forms.places import DepartmentForm, LocationForm
from emr.staff.forms.roles import CopyForm, read_grants

__all__ = [
    "CopyForm",
    "DepartmentForm",
    "EndRoleForm",
    "FilterForm",
    "GiveRoleForm",
    "ImportForm",
    "LicenceForm",
    "LocationForm",
    "NewPersonForm",
    "PersonForm",
    "PracticeForm",
    "SuspendForm",
    "read_grants",
]
