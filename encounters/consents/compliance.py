"""What shows how patients and their representatives confirm."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.consents.models import Confirmation

_RELATIVE = Q(who=Confirmation.Who.RELATIVE)


@evidence("R-14")
def representatives(facility: Organization) -> Evidence:
    """Confirmations by somebody else than the patient, and those that lack who that was."""
    found = Confirmation.objects.filter(facility=facility).aggregate(
        n=Count("pk", filter=_RELATIVE),
        bare=Count("pk", filter=_RELATIVE & (Q(relationship="") | Q(basis=""))),
    )
    return Evidence(
        met_when(found["bare"] == 0),
        _("Name, relation, number and authority are kept with each confirmation of a representative."),
        [
            Fact(_("Confirmations by representatives"), found["n"]),
            Fact(_("of them without relation or authority"), found["bare"]),
        ],
    )


@evidence("R-16")
def ways(facility: Organization) -> Evidence:
    """How often each way was used; without the rarer ways' adapters they are offered to nobody."""
    rows = (
        Confirmation.objects.filter(facility=facility).order_by().values_list("way").annotate(n=Count("pk"))
    )
    used = dict(rows)
    return Evidence(
        met_when(False, begun=True),
        _(
            "Digital signatures, signatures drawn, one-time codes and paper; fingerprints only with an adapter."
        ),
        [Fact(way.label, used.get(way.value, 0)) for way in Confirmation.Way],
    )
