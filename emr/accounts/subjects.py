"""Staff as the log knows them: found by username, staff code or name, shown with title and roles."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from emr.accounts.models import PractitionerRole, User
from emr.audit.subjects import Person
from emr.common.clock import now
from emr.common.vietnamese import fold

_MOST = 20


def staff_named(facility_id: int, text: str) -> list[int]:
    """Accounts with that username or staff code; where there is none, those whose name holds the words."""
    own = User.objects.filter(facility_id=facility_id)
    text = text.strip()
    exact = own.filter(Q(username=text.lower()) | Q(staff_code__iexact=text))
    if found := list(exact.values_list("pk", flat=True)):
        return found
    for word in fold(text).split():
        own = own.filter(search_name__contains=word)
    return list(own.order_by("pk").values_list("pk", flat=True)[:_MOST])


def roles_at(ids: Iterable[int], since: dt.datetime, until: dt.datetime) -> dict[int, list[PractitionerRole]]:
    """The roles that these people held at some time between the instants; one query."""
    held = PractitionerRole.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=since), user__in=list(ids), starts_at__lte=until
    )
    found: dict[int, list[PractitionerRole]] = defaultdict(list)
    for role in held.select_related("department").order_by("starts_at", "pk"):
        found[role.user_id].append(role)
    return found


def in_words(held: Iterable[PractitionerRole]) -> str:
    """ "Doctor, Internal Medicine; Head of department, Surgery"."""
    return "; ".join(f"{role.get_role_display()}, {role.department.name}" for role in held)


def described(ids: Iterable[int]) -> dict[int, Person]:
    """Who these people are, with the roles they hold now; two queries."""
    people = {user.pk: user for user in User.objects.filter(pk__in=list(ids)).only("title", "full_name")}
    held = roles_at(people, now(), now()) if people else {}
    return {pk: Person(user.titled_name, in_words(held.get(pk, []))) for pk, user in people.items()}
