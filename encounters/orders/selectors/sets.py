"""Panels and order sets as they are looked after."""

from django.db.models import Count, Max, Q, QuerySet

from emr.accounts.models import Organization, User
from emr.terminology.text import words
from encounters.orders import permissions
from encounters.orders.models import OrderSet


def departments_of(user: User) -> list[Organization]:
    """The departments whose sets this person may change, by name; who may change everybody's has them all."""
    reach = user.departments_for(permissions.EDIT_SETS)
    found = Organization.objects.filter(
        kind=Organization.Kind.DEPARTMENT, parent=user.facility_id, is_active=True
    )
    if isinstance(reach, frozenset):
        found = found.filter(pk__in=reach)
    return list(found.order_by("name"))


def edits_every_set(user: User) -> bool:
    """Whether sets without a department are this person's too."""
    return isinstance(user.departments_for(permissions.EDIT_SETS), str)


def sets_of(
    user: User, *, department: str = "", kind: str = "", text: str = "", inactive: bool = False
) -> QuerySet[OrderSet]:
    """The facility's sets with `line_count` and `changed_on`, by code; those that are switched off only with `inactive`.

    `department`: a code, or "-" for sets of every department. `text`: words of name, code or diagnosis.
    """
    found = OrderSet.objects.filter(facility_id=user.facility_id)
    if not inactive:
        found = found.filter(is_active=True)
    if department:
        found = found.filter(department_code="" if department == "-" else department)
    if kind in OrderSet.Kind.values:
        found = found.filter(kind=kind)
    for word in words(text):
        found = found.filter(Q(search_text__contains=f" {word}"))
    return found.annotate(
        line_count=Count("lines", distinct=True), changed_on=Max("versions__valid_from")
    ).order_by("code")
