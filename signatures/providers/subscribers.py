"""Whose account is shut signs nothing either: the key waits until the person comes back (S-19)."""

from emr.accounts.models import User
from emr.outbox import Delivery, subscribe
from signatures.certificates.models import Certificate
from signatures.certificates.services import set_status

_REASON = "account suspended"


@subscribe("user.suspended")
def suspend_keys(delivery: Delivery) -> None:
    """The person's valid certificates are suspended."""
    user = User.objects.get(pk=delivery.payload["user_id"])
    if user.is_active:
        return  # back already
    for certificate in Certificate.objects.filter(owner=user, status=Certificate.Status.ACTIVE):
        set_status(certificate=certificate, status=Certificate.Status.SUSPENDED, reason=_REASON, by=None)


@subscribe("user.resumed")
def resume_keys(delivery: Delivery) -> None:
    """What was suspended with the account, and nothing else, is valid again."""
    user = User.objects.get(pk=delivery.payload["user_id"])
    if not user.is_active:
        return
    suspended = Certificate.objects.filter(owner=user, status=Certificate.Status.SUSPENDED)
    for certificate in suspended.filter(status_reason=_REASON):
        set_status(certificate=certificate, status=Certificate.Status.ACTIVE, reason="", by=None)
