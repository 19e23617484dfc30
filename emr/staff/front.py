"""What stands on the administrator's front page. Rooms that stand above this one are named by their addresses alone."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.accounts.permissions import MANAGE
from emr.staff.permissions import CHOOSE, READ_ROLES
from emr.ui.navigation import address


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the front page, shown to who holds the right and where its room is installed."""

    right: str
    url_name: str
    title: StrOrPromise
    text: StrOrPromise
    icon: str

    @property
    def url(self) -> str:
        """Its address, or "" where no room offers it."""
        return address(self.url_name)


PLACES = (
    Place(MANAGE, "staff:people", _("Staff"), _("People, their roles, coming and leaving"), "person-badge"),
    Place(
        MANAGE,
        "staff:upload",
        _("Import a list of staff"),
        _("From a spreadsheet, checked first"),
        "file-earmark-arrow-up",
    ),
    Place(
        MANAGE,
        "staff:licences",
        _("Practising licences"),
        _("What runs out, and what that stops"),
        "patch-check",
    ),
    Place(MANAGE, "staff:roles", _("Roles"), _("Bundles of rights: change, copy, compare"), "shield-lock"),
    Place(READ_ROLES, "staff:matrix", _("Table of roles"), _("Who may do what, to print"), "grid-3x3"),
    Place(
        MANAGE,
        "staff:departments",
        _("Departments with beds"),
        _("Departments, wards, rooms, beds"),
        "building",
    ),
    Place(
        CHOOSE,
        "staff:settings",
        _("Settings"),
        _("Hours, limits, lists: what your hospital has chosen"),
        "toggles",
    ),
    Place(
        "terminology.manage",
        "terminology:catalogues",
        _("Catalogues"),
        _("Codes and their versions"),
        "journal-code",
    ),
    Place(
        "providers.manage",
        "signatures:providers:keys",
        _("Signing keys"),
        _("Certificates, locked PINs"),
        "key",
    ),
    Place(
        "transport.channels",
        "integrations:transport:channels",
        _("Channels"),
        _("Which systems may send messages"),
        "diagram-3",
    ),
    Place(
        "switching.oversee",
        "encounters:switching:wards",
        _("Switching wards"),
        _("Paper, both or electronic, by department and day"),
        "signpost-split",
    ),
    Place(
        "switching.read",
        "encounters:switching:regulation",
        _("Rules for electronic records"),
        _("The hospital's own, and who has read them"),
        "file-earmark-ruled",
    ),
    Place(
        "compliance.read",
        "compliance:page",
        _("What the law asks"),
        _("Each requirement with its evidence of this moment"),
        "clipboard-check",
    ),
    Place("audit.read", "audit:log", _("Audit log"), _("Who did what"), "journal"),
)


def places_for(user: User) -> list[Place]:
    """Those that the person may open."""
    return [place for place in PLACES if user.has_right(place.right) and place.url]
