"""How far a right reaches."""

from enum import StrEnum


class Scope(StrEnum):
    """The reach of one grant."""

    DEPARTMENT = "department"  # patients of the departments where the role is held
    FACILITY = "facility"  # every patient of the facility
    LISTED = "listed"  # the charts that an inspection mandate lists, and nothing else


EVERYWHERE = "everywhere"
Reach = frozenset[int] | str

D, F, L = Scope.DEPARTMENT, Scope.FACILITY, Scope.LISTED
