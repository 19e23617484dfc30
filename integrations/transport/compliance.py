"""What shows that neighbours speak HL7 with us."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, State, evidence
from integrations.transport.models import Channel, DeadLetter


def _channels(facility: Organization) -> dict[str, int]:
    return Channel.objects.filter(facility=facility, is_enabled=True).aggregate(
        incoming=Count("pk", filter=Q(direction=Channel.Direction.IN)),
        outgoing=Count("pk", filter=Q(direction=Channel.Direction.OUT)),
    )


@evidence("R-57")
def standards(facility: Organization) -> Evidence:
    """Channels, and messages laid aside."""
    found = _channels(facility)
    aside = DeadLetter.objects.filter(message__facility=facility, resolution="").count()
    return Evidence(
        State.PARTLY,
        _("HL7 v2 over MLLP, HTTP and folders; DICOM isn't there yet."),
        [
            Fact(_("Channels in"), found["incoming"], "integrations:transport:channels"),
            Fact(_("Channels out"), found["outgoing"], "integrations:transport:channels"),
            Fact(_("Messages laid aside for a person"), aside, "integrations:transport:dead_letters"),
        ],
    )


@evidence("R-44", "R-62")
def apart(facility: Organization) -> Evidence:
    """The record's own database; what comes from the HIS comes as messages."""
    found = _channels(facility)
    return Evidence(
        State.MET,
        _("Records lie in a database of their own; other systems reach it by messages alone."),
        [Fact(_("Channels in"), found["incoming"], "integrations:transport:channels")],
    )
