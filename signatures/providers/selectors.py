"""Questions about keys, for those who look after them."""

import datetime as dt

from django.db.models import Q, QuerySet

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.vietnamese import fold
from signatures.certificates.models import Certificate
from signatures.providers.models import Credential

EXPIRES_SOON = dt.timedelta(days=60)
STATES = ("all", "locked", "expiring", "expired", "revoked")


def key_of(user: User) -> Credential | None:
    """The key of the person's newest certificate that isn't revoked, without what is sealed; None when there is none."""
    return (
        Credential.objects.filter(certificate__owner=user)
        .exclude(certificate__status=Certificate.Status.REVOKED)
        .defer("sealed_key", "sealed_passphrase")
        .order_by("-certificate__not_before", "-certificate__pk")
        .first()
    )


def keys_for(user: User) -> QuerySet[Credential]:
    """The keys of the administrator's own facility, the seal first, then people as Vietnamese names are sorted."""
    return (
        Credential.objects.filter(facility_id=user.facility_id)
        .select_related("certificate__owner", "certificate__facility", "reset_allowed_by")
        .defer("sealed_key", "sealed_passphrase")
        .order_by("-certificate__purpose", "certificate__owner__sort_key", "-certificate__not_before", "pk")
    )


def find_keys(user: User, *, text: str = "", state: str = "all") -> QuerySet[Credential]:
    """Keys whose owner's name, staff code or serial number has these words, in one of STATES."""
    found = keys_for(user)
    for word in fold(text).split():
        found = found.filter(
            Q(certificate__owner__search_name__contains=word)
            | Q(certificate__owner__staff_code__icontains=word)
            | Q(certificate__serial_number__startswith=word)
        )
    moment, live = now(), ~Q(certificate__status=Certificate.Status.REVOKED)
    return found.filter(
        {
            "all": Q(),
            "locked": live & (Q(wrong_pins__gte=Credential.GUESS_LIMIT) | Q(locked_until__gt=moment)),
            "expiring": live & Q(certificate__not_after__range=(moment, moment + EXPIRES_SOON)),
            "expired": live & Q(certificate__not_after__lt=moment),
            "revoked": ~live,
        }[state]
    )
