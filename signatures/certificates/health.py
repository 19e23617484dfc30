"""Which certificates run out: people's, the facility's seal, and the authorities that are trusted."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.common.clock import now
from emr.common.health import Caution
from signatures.certificates.models import Certificate
from signatures.certificates.trust import trust_roots

SOON = dt.timedelta(days=30)
# Certificates that run out this long after others took their place are no trouble of today.
LONG_AGO = dt.timedelta(days=90)
NUMBERS = (
    "SELECT purpose, CASE WHEN not_after < now() THEN 'expired' WHEN not_after < now() + interval '30 days'"
    " THEN 'soon' ELSE 'valid' END, count(*) FROM certificates_certificate WHERE status = 'active' GROUP BY 1, 2"
)


def certificate_trouble() -> str:
    """What has run out or will within thirty days; "" when nothing will."""
    at = now()
    active = Certificate.objects.filter(status=Certificate.Status.ACTIVE)
    seals = active.filter(purpose=Certificate.Purpose.SEAL)
    newest_seal = seals.order_by("-not_after").first()
    people = active.filter(purpose=Certificate.Purpose.PERSON, owner__is_active=True)
    # Who has another certificate that lasts isn't in trouble.
    lasting = people.filter(not_after__gt=at + SOON).values("owner")
    counts = people.exclude(owner__in=lasting).aggregate(
        over=Count("owner", distinct=True, filter=Q(not_after__lte=at, not_after__gt=at - LONG_AGO)),
        soon=Count("owner", distinct=True, filter=Q(not_after__gt=at)),
    )
    said: list[str] = []
    broken = False
    if newest_seal is not None and newest_seal.not_after <= at + SOON:
        broken = newest_seal.not_after <= at
        said.append(
            (
                _("The seal's certificate ran out on %(day)s.")
                if broken
                else _("The seal's certificate runs out on %(day)s.")
            )
            % {"day": f"{newest_seal.not_after:%d/%m/%Y}"}
        )
    if counts["over"]:
        said.append(
            ngettext(
                "The signing certificate of %(n)d person has run out.",
                "The signing certificates of %(n)d people have run out.",
                counts["over"],
            )
            % {"n": counts["over"]}
        )
    if counts["soon"]:
        said.append(
            ngettext(
                "The signing certificate of %(n)d person runs out within 30 days.",
                "The signing certificates of %(n)d people run out within 30 days.",
                counts["soon"],
            )
            % {"n": counts["soon"]}
        )
    for root in trust_roots():
        if root.not_valid_after_utc <= at + SOON:
            said.append(
                _("The trusted authority %(name)s runs out on %(day)s.")
                % {"name": root.subject.rfc4514_string()[:80], "day": f"{root.not_valid_after_utc:%d/%m/%Y}"}
            )
    text = " ".join(said)
    return text if broken else Caution(text)
