"""Who leads: Hoa a department, Tùng the planning office, Hà the house; and the newest briefing that is over."""

import datetime as dt

from emr.accounts.models import User
from encounters.boards.periods import BriefingDay, briefing_day
from patients.registry.models import ConfidentialityReason
from tests.encounters.inspections.letters import make_ha, make_luu, make_tung
from tests.encounters.records.world import person

__all__ = ["KEPT_CLOSELY", "head", "make_ha", "make_luu", "make_tung", "morning"]

KEPT_CLOSELY = {"confidentiality": "R", "confidentiality_reason": ConfidentialityReason.values[0]}


def head() -> User:
    """Hoa, head of internal medicine."""
    return person("hoa")


def morning(user: User) -> BriefingDay:
    """The briefing of the day before the newest one: everything in it is past."""
    newest = briefing_day(user.facility_id)
    return briefing_day(user.facility_id, newest.day - dt.timedelta(days=1))
