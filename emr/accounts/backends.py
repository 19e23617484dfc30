"""The house's own passwords."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from emr.accounts.models import User
from emr.common.compiled import Compiled


@Compiled
def _person(user_id: int) -> QuerySet[User]:
    return User.objects.filter(pk=user_id).select_related("facility")


class StaffBackend(ModelBackend):
    """Django's own, asking for the person of a request with their facility, by a text kept ready."""

    def get_user(self, user_id: int) -> User | None:
        """The person, while they may sign in."""
        user = _person.first(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
