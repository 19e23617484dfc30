"""What shows that every stay has its record, its numbers, its outcome and its cause."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.visits import codes
from encounters.visits.models import Encounter

_INPATIENT = Q(encounter_class=codes.EncounterClass.INPATIENT)
_REAL = ~Q(status__in=[Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR])


def _counted(facility: Organization, **asked: Q) -> dict[str, int]:
    stays = Encounter.objects.filter(_REAL, facility=facility)
    return stays.aggregate(**{name: Count("pk", filter=condition) for name, condition in asked.items()})


@evidence("R-01")
def records(facility: Organization) -> Evidence:
    """Inpatient stays and those without a type of record."""
    found = _counted(facility, stays=_INPATIENT, untyped=_INPATIENT & Q(record_type=""), others=~_INPATIENT)
    return Evidence(
        met_when(found["untyped"] == 0),
        _("Every stay and visit is a record from its first minute."),
        [
            Fact(_("Inpatient stays"), found["stays"], "encounters:records:list"),
            Fact(_("of them without a type of record"), found["untyped"], "encounters:records:list"),
            Fact(_("Visits and other stays"), found["others"]),
        ],
    )


@evidence("R-12")
def numbers(facility: Organization) -> Evidence:
    """Stays that lack a number which they should have."""
    found = _counted(
        facility,
        uncoded=Q(identifier=""),
        unnumbered=_INPATIENT & Q(admission_number=""),
        unfiled=Q(record_state=codes.RecordState.ARCHIVED, archive_number=""),
    )
    return Evidence(
        met_when(not any(found.values())),
        _("Numbers are texts of their own: of the patient, the stay, the admission, the archive."),
        [
            Fact(_("Stays without a treatment code"), found["uncoded"]),
            Fact(_("Inpatient stays without an admission number"), found["unnumbered"]),
            Fact(_("Archived records without an archive number"), found["unfiled"]),
        ],
    )


@evidence("R-66")
def outcomes(facility: Organization) -> Evidence:
    """Ended inpatient stays without an outcome, and deaths."""
    ended = _INPATIENT & Q(ended_at__isnull=False)
    found = _counted(
        facility, ended=ended, without=ended & Q(outcome=""), deaths=ended & Q(outcome__in=codes.DEATHS)
    )
    return Evidence(
        met_when(found["without"] == 0),
        _(
            "Outcome and way of leaving are codes; death before arrival and leaving to die at home are told apart."
        ),
        [
            Fact(_("Inpatient stays that ended"), found["ended"]),
            Fact(_("of them without an outcome"), found["without"]),
            Fact(_("Deaths"), found["deaths"]),
        ],
    )


@evidence("R-70")
def causes(facility: Organization) -> Evidence:
    """Emergency visits, and those with an external cause."""
    emergency = Q(arrival_class=codes.EncounterClass.EMERGENCY)
    found = _counted(
        facility, n=emergency, caused=emergency & ~Q(external_cause_code=""), accidents=~Q(accident_type="")
    )
    return Evidence(
        met_when(True),
        _("Emergency intake has fields for external cause (V01–Y98), kind and place of an accident."),
        [
            Fact(_("Emergency visits"), found["n"]),
            Fact(_("of them with an external cause"), found["caused"]),
            Fact(_("Stays with a kind of accident"), found["accidents"]),
        ],
    )
