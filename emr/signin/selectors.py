"""Questions about who is where."""

from typing import Any, cast

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.vietnamese import fold
from emr.signin.models import LONGEST, Badge, CodeApp, Passkey, Recovery, RecoveryCode, StaffSession


def row_of(request: HttpRequest) -> StaffSession:
    """The row of this request's session; read already, so this costs nothing."""
    return cast(StaffSession, cast(Any, request.session).row)


def sessions_of(user: User) -> QuerySet[StaffSession]:
    """What the person has open, the latest used first."""
    moment = now()
    alive = StaffSession.objects.filter(user=user, expire_date__gt=moment, opened_at__gt=moment - LONGEST)
    return alive.order_by("-active_at")


def badge_of(user: User) -> Badge | None:
    """The person's badge that works."""
    return Badge.objects.filter(user=user, revoked_at=None).first()


def factors_of(user: User) -> dict[str, Any]:
    """What the person has beside the password."""
    app = CodeApp.objects.filter(user=user).first()
    return {
        "app": app if app is not None and app.confirmed_at is not None else None,
        "offered": app if app is not None and app.confirmed_at is None else None,
        "passkeys": list(Passkey.objects.filter(user=user).order_by("pk")),
        "codes_left": RecoveryCode.objects.filter(user=user, used_at=None).count(),
    }


def open_recovery(user: User) -> Recovery | None:
    """The recovery under way for the person."""
    rows = Recovery.objects.select_related("asked_by", "confirmed_by")
    return rows.filter(user=user, ended_at=None, expires_at__gt=now()).first()


def find_staff(by: User, *, text: str) -> QuerySet[User]:
    """The facility's people by a part of their name, username or staff code, with how many sessions each has."""
    words = fold(text)
    found = User.objects.filter(facility_id=by.facility_id)
    if words:
        found = found.filter(
            Q(search_name__contains=words) | Q(username__contains=text.lower()) | Q(staff_code__iexact=text)
        )
    live = Count("sessions", filter=Q(sessions__expire_date__gt=now()))
    return found.annotate(open_sessions=live).order_by("sort_key")
