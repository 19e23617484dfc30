"""Staff as the log knows them: found by username, staff code or name, shown with title and roles."""

from collections.abc import Iterable

from django.db.models import Q

from emr.accounts.models import User
from emr.accounts.selectors import roles_at, roles_in_words
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


def described(ids: Iterable[int]) -> dict[int, Person]:
    """Who these people are, with the roles they hold now; two queries."""
    people = {user.pk: user for user in User.objects.filter(pk__in=list(ids)).only("title", "full_name")}
    held = roles_at(people, now(), now()) if people else {}
    return {pk: Person(user.titled_name, roles_in_words(held.get(pk, []))) for pk, user in people.items()}
