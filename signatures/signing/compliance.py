"""What shows that documents are signed, by whom and in which order."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from signatures.signing.chains import newest_chains, shipped
from signatures.signing.models import Delegation, Signature, SigningRequest

_Status = SigningRequest.Status


@evidence("R-15")
def signatures(facility: Organization) -> Evidence:
    """Signatures of the last 30 days, and what waits."""
    lately = Signature.objects.filter(facility=facility, signed_at__gte=now() - dt.timedelta(days=30))
    found = lately.aggregate(n=Count("pk"), people=Count("request__signer", distinct=True))
    waiting = SigningRequest.objects.filter(
        facility=facility, status__in=[_Status.PENDING, _Status.READY]
    ).count()
    return Evidence(
        met_when(found["n"] > 0, begun=False),
        _(
            "Who is responsible signs each document with a key of their own; patients sign or confirm on the screen."
        ),
        [
            Fact(_("Signatures in the last 30 days"), found["n"], "signatures:signing:tray"),
            Fact(_("People who gave them"), found["people"]),
            Fact(_("Waiting for a signature"), waiting, "signatures:signing:tray"),
        ],
    )


@evidence("R-17")
def chains(facility: Organization) -> Evidence:
    """Orders of signing that ship, those that the hospital changed, people who stand in."""
    own = sum(not row.as_shipped for row in newest_chains(facility.pk).values())
    delegations = Delegation.objects.filter(facility=facility, revoked_at=None, ends_on__gte=now()).count()
    refused = SigningRequest.objects.filter(facility=facility, status=_Status.REFUSED).count()
    return Evidence(
        met_when(len(shipped()) > 0),
        _("Each form has its order of signing by role, in turn or side by side; refusing needs a reason."),
        [
            Fact(_("Orders of signing that ship"), len(shipped()), "signatures:signing:chains"),
            Fact(_("Changed by the hospital"), own, "signatures:signing:chains"),
            Fact(_("Delegations in force or ahead"), delegations),
            Fact(_("Refused with a reason"), refused),
        ],
    )


@evidence("R-19")
def seal(facility: Organization) -> Evidence:
    """Seals of the facility on documents."""
    found = SigningRequest.objects.filter(facility=facility, is_seal=True).aggregate(
        n=Count("pk", filter=Q(status=_Status.COMPLETED)),
        waiting=Count("pk", filter=Q(status__in=[_Status.PENDING, _Status.READY])),
    )
    return Evidence(
        met_when(found["waiting"] == 0),
        _(
            "The facility's seal stands on papers, confirmations without a digital signature, copies and closed records."
        ),
        [
            Fact(_("Documents under the seal"), found["n"], "signatures:signing:seal"),
            Fact(_("Waiting for the seal"), found["waiting"], "signatures:signing:seal"),
        ],
    )
