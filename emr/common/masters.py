"""Which system keeps what: a matter that a neighbour keeps is changed there, and here only shown.

A room asks before it changes such a matter; who knows the answer registers above. Without anybody registered everything
is kept here.
"""

from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext as _

from emr.common.context import acting
from emr.common.errors import DomainError

DEMOGRAPHICS = "demographics"
INSURANCE = "insurance"
MOVEMENT = "movement"
BED = "bed"
DIAGNOSES = "diagnoses"
ALLERGIES = "allergies"
ORDER = "order:"

# (facility's key, matter, what it is about or None for something new) → the other system's name, "" where it is ours.
Keeper = Callable[[int, str, models.Model | None], str]
_keepers: list[Keeper] = []
# What is done in a neighbour's own name: its message, or the list that it handed over before the first day.
_NEIGHBOURS = ("message:", "first-load:")


def order_matter(category: str) -> str:
    """The matter of a kind of order: "order:medication", "order:laboratory" …; care level and monitoring are one."""
    return ORDER + {"care-level": "care", "monitoring": "care"}.get(category, category)


def register_keeper(keeper: Keeper) -> None:
    """Ask `keeper` who keeps a matter; called when its room is ready."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def kept_by(facility_id: int, matter: str, about: models.Model | None = None) -> str:
    """The name of the system that keeps this matter ("HIS"), or "" where it is kept here."""
    return next((name for keeper in _keepers if (name := keeper(facility_id, matter, about))), "")


def may_be_kept(facility_id: int, matter: str) -> bool:
    """Whether anything of this matter may be another system's: where not, a list needn't ask about each of its lines."""
    return not acting().origin.startswith(_NEIGHBOURS) and bool(kept_by(facility_id, matter))


def demand_ours(facility_id: int, matter: str, about: models.Model | None = None) -> None:
    """Refuse a change by a person of what another system keeps; what that system itself says is let through.

    Raises DomainError with the code "kept_elsewhere".
    """
    if acting().origin.startswith(_NEIGHBOURS):
        return
    if name := kept_by(facility_id, matter, about):
        raise DomainError(
            _("This comes from the %(system)s: change it there.") % {"system": name}, code="kept_elsewhere"
        )
