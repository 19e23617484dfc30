"""Who holds which bundle, and the bundles side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django_stubs_ext import StrOrPromise

from emr.accounts import roles
from emr.accounts.models import PractitionerRole, Role, User
from emr.accounts.selectors import roles_of
from emr.common.clock import now
from emr.staff.models import RoleChange
from emr.staff.wording import right_in_words, room_in_words


def lasting_holders(facility_id: int, code: str) -> QuerySet[PractitionerRole]:
    """Roles of this code that are held now or will be."""
    lasting = PractitionerRole.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()))
    return lasting.filter(user__facility=facility_id, role=code)


def role_of(facility_id: int, code: str) -> Role | None:
    """The facility's role of that code, its own or the shipped one."""
    return next((role for role in roles_of(facility_id) if role.code == code), None)


@dataclass(frozen=True, slots=True)
class Row:
    """One right over the roles: how far it reaches in each ("facility", "department" or "")."""

    right: str
    words: StrOrPromise
    scopes: list[str]

    @property
    def differs(self) -> bool:
        """Whether the roles disagree."""
        return len(set(self.scopes)) > 1


@dataclass(frozen=True, slots=True)
class Group:
    """The rights of one room."""

    room: StrOrPromise
    rows: list[Row]


def matrix(bundles: Sequence[dict[str, str]]) -> list[Group]:
    """Every right over these bundles ({right: scope} each), grouped by room."""
    groups: dict[str, list[Row]] = {}
    names: dict[str, StrOrPromise] = {}
    for right in roles.RIGHTS:
        room = room_in_words(right)
        key = str(room)
        names[key] = room
        row = Row(right, right_in_words(right), [bundle.get(right, "") for bundle in bundles])
        groups.setdefault(key, []).append(row)
    return [Group(names[key], rows) for key, rows in groups.items()]


def grants_of(role: Role) -> dict[str, str]:
    """{right: scope} of a role read by `roles_of`."""
    return {grant.right: grant.scope for grant in role.grants.all()}


@dataclass(frozen=True, slots=True)
class Listed:
    """A role in the list: how many hold it, and whether the facility changed what the release ships."""

    role: Role
    holders: int
    is_changed: bool
    is_own: bool
    waiting: RoleChange | None


def listed_roles(user: User) -> list[Listed]:
    """The facility's roles for its administrator."""
    facility_id = user.facility_id
    held = PractitionerRole.objects.filter(user__facility=facility_id, user__is_active=True).at(now())
    holders = Counter(code for code, _pk in set(held.values_list("role", "user_id")))
    waiting = {change.code: change for change in pending_changes(user)}
    return [
        Listed(
            role=role,
            holders=holders[role.code],
            is_changed=role.code in roles.ROLES and grants_of(role) != dict(roles.ROLES[role.code]),
            is_own=role.code not in roles.ROLES,
            waiting=waiting.get(role.code),
        )
        for role in roles_of(facility_id)
    ]


def pending_changes(user: User) -> QuerySet[RoleChange]:
    """What waits for a second administrator in the person's facility."""
    return RoleChange.objects.filter(
        facility=user.facility_id, status=RoleChange.Status.PENDING
    ).select_related("proposed_by")


def differing(groups: Sequence[Group]) -> list[Group]:
    """Only the rows in which the bundles disagree."""
    kept = [Group(group.room, [row for row in group.rows if row.differs]) for group in groups]
    return [group for group in kept if group.rows]
