"""What shows that the hospital's own rules are in force and read, and which wards have switched."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.evidence import Evidence, Fact, State, evidence, met_when
from encounters.switching import selectors
from encounters.switching.models import WardMode


@evidence("R-09")
def regulation(facility: Organization) -> Evidence:
    """The version in force, and how many of the staff have read it."""
    holding = selectors.regulation_in_force(facility.pk)
    if holding is None:
        return Evidence(State.NOT_MET, _("The hospital's rules for electronic records aren't entered."))
    whole = selectors.staff_who_read(facility.pk).count()
    waiting = selectors.not_read(holding).count()
    page = "encounters:switching:regulation"
    return Evidence(
        met_when(waiting == 0),
        _("The hospital's rules are in force, with number, day and the signed paper."),
        [
            Fact(_("Number of the rules"), holding.number, page),
            Fact(_("Signed on"), holding.issued_on, page),
            Fact(_("In force from"), holding.begins_on, page),
            Fact(_("Staff who read them"), f"{whole - waiting}/{whole}", "encounters:switching:unread"),
        ],
    )


@evidence("R-02")
def wards(facility: Organization) -> Evidence:
    """Departments by how they keep records today."""
    book, today = selectors.ModeBook(facility.pk), local_today()
    modes = [book.mode(department.pk, today) for department in selectors.departments_of(facility.pk)]
    electronic = modes.count(WardMode.Mode.ELECTRONIC)
    return Evidence(
        met_when(electronic == len(modes), begun=electronic > 0),
        _("Departments switch one by one, by decision."),
        [
            Fact(
                _("Departments: %(mode)s") % {"mode": mode.label},
                modes.count(mode),
                "encounters:switching:wards",
            )
            for mode in WardMode.Mode
        ],
    )
