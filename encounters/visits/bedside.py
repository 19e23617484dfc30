"""What rooms above offer for a patient who lies here: actions on every row of a ward, and where a wristband leads.

A room registers in `AppConfig.ready()`; an entry whose URL name doesn't exist is left out instead of breaking pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.ui.navigation import address
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter
from patients.registry import systems
from patients.registry.models import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAction:
    """One click from a ward's row: opens `url_name` of the stay, or posts `posts` to it where there are any."""

    name: str
    title: StrOrPromise
    url_name: str
    right: str
    icon: str
    order: int = 50
    posts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WristbandPage:
    """The page of a stay that a scan of its wristband opens for who holds the right; the lowest `order` first."""

    url_name: str
    right: str
    order: int = 50


_actions: dict[str, RowAction] = {}
_pages: dict[str, WristbandPage] = {}


def register_row_action(action: RowAction) -> None:
    """Offer the action on rows of wards; the same name again replaces it."""
    _actions[action.name] = action


def register_wristband_page(page: WristbandPage) -> None:
    """Let wristbands lead there; the same URL name again replaces it."""
    _pages[page.url_name] = page


def row_actions(user: User, stay: Encounter) -> list[tuple[RowAction, str]]:
    """What this person may do with one click on the row: (action, address)."""
    allowed = [a for a in _actions.values() if user.has_right(a.right, stay.department_id)]
    found = [(a, address(a.url_name, stay.uuid)) for a in sorted(allowed, key=lambda a: a.order)]
    return [(action, url) for action, url in found if url]


def posting_actions() -> list[RowAction]:
    """The actions whose rows need a form to post with, once a page."""
    return [action for action in _actions.values() if action.posts]


def stay_of_wristband(user: User, code: str) -> Encounter | None:
    """The running stay within the person's reach that a wristband names: a patient's own number or a stay's code, whole."""
    own = Identifier.objects.filter(
        facility_id=user.facility_id,
        value=code,
        is_own=True,
        is_active=True,
        system__startswith=systems.MRN_PREFIX,
    )
    people = [identifier.patient.root_id for identifier in own.select_related("patient")]
    return (
        encounters_for(user)
        .filter(status=Encounter.Status.IN_PROGRESS)
        .filter(Q(identifier=code) | Q(patient__in=people) | Q(patient__merged_into__in=people))
        .select_related("patient", "department")
        .order_by("-admitted_at", "-started_at")
        .first()
    )


def read_wristband(user: User, code: str) -> str:
    """The address that a scanned wristband or label opens; "" when no running stay within the person's reach has it."""
    stay = stay_of_wristband(user, code)
    if stay is None:
        return ""
    for page in sorted(_pages.values(), key=lambda page: page.order):
        if user.has_right(page.right, stay.department_id) and (url := address(page.url_name, stay.uuid)):
            return url
    return address("encounters:visits:detail", stay.uuid)
