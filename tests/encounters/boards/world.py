"""Who leads: Hoa a department, Tùng the planning office, Hà the house; and the newest briefing that is over."""

import datetime as dt

from emr.accounts.models import User
from encounters.boards.periods import BriefingDay, briefing_day
from tests.emr.people import make_user
from tests.encounters.inspections.letters import make_ha, make_luu, make_tung
from tests.encounters.visits.ward import department

__all__ = ["head", "make_ha", "make_luu", "make_tung", "morning"]


def head() -> User:
    """Hoa, head of internal medicine."""
    return make_user("hoa", "Trịnh Thị Hoa", "head_of_department", department(), title="BSCKII.")


def morning(user: User) -> BriefingDay:
    """The briefing of the day before the newest one: everything in it is past."""
    newest = briefing_day(user.facility_id)
    return briefing_day(user.facility_id, newest.day - dt.timedelta(days=1))
