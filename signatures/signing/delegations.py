"""Questions about who signs for whom."""

import datetime as dt
from collections import defaultdict

from django.db.models import Count, Q, QuerySet

from emr.accounts.models import PractitionerRole, User
from emr.accounts.roles import EVERYWHERE, Scope
from emr.accounts.selectors import roles_of
from emr.common.clock import local_today, now
from signatures.signing import permissions
from signatures.signing.models import Delegation, SigningRequest


def in_force(facility_id: int, *, on: dt.date | None = None) -> QuerySet[Delegation]:
    """The delegations that count on a day (today), one a principal. One whose delegate is away too counts for nobody."""
    day = on or local_today()
    found = Delegation.objects.filter(
        facility=facility_id,
        revoked_at=None,
        starts_on__lte=day,
        ends_on__gte=day,
        principal__is_active=True,
        delegate__is_active=True,
    )
    away = found.values("principal")
    return found.exclude(delegate__in=away).select_related("delegate", "principal").order_by("pk")


def is_in_force(delegation: Delegation) -> bool:
    """Whether it counts today."""
    return in_force(delegation.facility_id).filter(pk=delegation.pk).exists()


def stand_in(principal: User) -> Delegation | None:
    """By which delegation somebody signs for this person today; None: they sign themselves."""
    return in_force(principal.facility_id).filter(principal=principal).first()


def between(principal: User, starts_on: dt.date, ends_on: dt.date) -> QuerySet[Delegation]:
    """What the person has given away in these days."""
    return Delegation.objects.filter(
        principal=principal, revoked_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on
    )


def may_stand_in(delegate: User, principal: User) -> bool:
    """Whether the delegate holds the right to sign wherever the principal holds it, and is somebody else of the house."""
    if delegate.pk == principal.pk or delegate.facility_id != principal.facility_id:
        return False
    held, needed = (who.departments_for(permissions.SIGN) for who in (delegate, principal))
    if held == EVERYWHERE:
        return True
    return isinstance(held, frozenset) and isinstance(needed, frozenset) and bool(needed) and needed <= held


def stand_ins(principal: User) -> list[User]:
    """Whom the person may let sign, by name: `may_stand_in` asked of the whole staff in three queries."""
    everywhere: set[str] = set()
    here: set[str] = set()
    for role in roles_of(principal.facility_id):
        for grant in role.grants.all():
            if grant.right == permissions.SIGN:
                (everywhere if grant.scope == Scope.FACILITY else here).add(role.code)
    held = PractitionerRole.objects.at(now()).filter(
        user__facility=principal.facility_id, user__is_active=True, role__in=everywhere | here
    )
    fit: set[int] = set()
    places: dict[int, set[int]] = defaultdict(set)
    for user_id, code, department_id in held.values_list("user", "role", "department"):
        if code in everywhere:
            fit.add(user_id)
        places[user_id].add(department_id)
    needed = principal.departments_for(permissions.SIGN)
    if isinstance(needed, frozenset) and needed:
        fit |= {user_id for user_id, departments in places.items() if needed <= departments}
    return list(User.objects.filter(pk__in=fit).exclude(pk=principal.pk).order_by("sort_key"))


def of(user: User) -> QuerySet[Delegation]:
    """Those that the person gave or was given, the newest first; `open_count`: requests that are with the delegate now."""
    waiting = Count("requests", filter=Q(requests__status__in=SigningRequest.OPEN))
    return (
        Delegation.objects.filter(Q(principal=user) | Q(delegate=user), facility=user.facility_id)
        .select_related("principal", "delegate")
        .annotate(open_count=waiting)
        .order_by("-starts_on", "-pk")
    )
