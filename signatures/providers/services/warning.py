"""Certificates that run out are told of in time: 60, 30 and 7 days before, each once."""

import datetime as dt

from django.db import transaction

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import now
from emr.notices.models import Notice
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of, seal_of
from signatures.providers import telling


def warn_of_expiry() -> int:
    """Tell owners, facility by facility; returns how many were told. Twice equals once."""
    facilities = Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True)
    told = 0
    for facility in facilities.order_by("pk"):
        with wall.within(facility.pk):
            told += _warn(facility)
    return told


def _warn(facility: Organization) -> int:
    at = now()
    ending = Certificate.objects.filter(
        facility=facility,
        status=Certificate.Status.ACTIVE,
        not_after__range=(at, at + dt.timedelta(days=max(telling.WARNED_BEFORE))),
    ).select_related("owner")
    told = 0
    for certificate in ending.order_by("pk"):
        owner = certificate.owner
        if owner is not None and not owner.is_active:
            continue
        # Who has a newer one already isn't told of the old one's end.
        present = certificate_of(owner) if owner is not None else seal_of(facility)
        if present is None or present.pk != certificate.pk:
            continue
        # The last threshold passed alone: whoever was enrolled with twenty days left hears of it once, not twice.
        left = certificate.not_after - at
        before = min(days for days in telling.WARNED_BEFORE if left <= dt.timedelta(days=days))
        kind = telling.EXPIRES if owner is not None else telling.SEAL_EXPIRES
        if Notice.objects.filter(facility=facility, key=f"{kind}:{certificate.pk}:{before}").exists():
            continue
        with transaction.atomic():
            telling.tell_of_expiry(certificate=certificate, owner=owner, facility=facility, before=before)
        told += 1
    return told
