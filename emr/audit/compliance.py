"""What shows that everything is logged, and kept."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Min
from django.utils.translation import gettext as _

from emr.audit.health import chain_trouble
from emr.audit.models import AuditDisposal, AuditEvent, AuditLink
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when

if TYPE_CHECKING:
    from emr.accounts.models import Organization

_DAY = dt.timedelta(days=1)


@evidence("R-36")
def lines(facility: "Organization") -> Evidence:
    """Lines of the last day and how many kinds of acts they tell of."""
    today = AuditEvent.objects.filter(facility_id=facility.pk, recorded_at__gte=now() - _DAY)
    count = today.count()
    return Evidence(
        met_when(count > 0, begun=False),
        _("A line is written in the transaction of what it tells: who, when, what, from which device."),
        [
            Fact(_("Lines of the last 24 hours"), count, "audit:log"),
            Fact(_("Kinds of acts among them"), today.values("action").distinct().count(), "audit:log"),
            Fact(
                _("of them refused"), today.exclude(outcome=AuditEvent.Outcome.SUCCESS).count(), "audit:log"
            ),
        ],
    )


@evidence("R-37")
def kept(facility: "Organization") -> Evidence:
    """How far back the log goes, and what was ever let go."""
    oldest = AuditEvent.objects.aggregate(at=Min("recorded_at"))["at"]
    return Evidence(
        met_when(oldest is not None, begun=False),
        _("Nothing of the log is let go unless somebody types it, and that is on record."),
        [
            Fact(_("Oldest line"), oldest, "audit:log"),
            Fact(_("Parts let go after their time"), AuditDisposal.objects.count()),
        ],
    )


@evidence("R-38")
def chain(facility: "Organization") -> Evidence:
    """Whether the log's chains are linked up to now."""
    trouble = chain_trouble()
    last = AuditLink.objects.order_by("-id").values_list("linked_at", flat=True).first()
    return Evidence(
        met_when(last is not None and not trouble, begun=last is not None),
        trouble
        or _("Lines are linked into chains: a changed or missing one is found by manage.py verify_audit."),
        [Fact(_("Last link of the chains"), last, "audit:log")],
    )
