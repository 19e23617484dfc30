"""Questions about stays, wards and beds."""

from encounters.visits.selectors.beds import (
    BedCell,
    Board,
    RoomCells,
    bed_board,
    board_departments,
    free_beds,
    suggested_bed,
)
from encounters.visits.selectors.stays import (
    BedDays,
    PlaceRow,
    active_conditions,
    bed_days,
    chart_facts,
    may_begin,
    place_history,
    present_place,
    running_stays,
    stays_of,
)
from encounters.visits.selectors.wards import (
    Chip,
    WardFilter,
    admissions_on,
    unmapped_places,
    ward_chips,
    ward_places,
    ward_search,
)

__all__ = [
    "BedCell",
    "BedDays",
    "Board",
    "Chip",
    "PlaceRow",
    "RoomCells",
    "WardFilter",
    "active_conditions",
    "admissions_on",
    "bed_board",
    "bed_days",
    "board_departments",
    "chart_facts",
    "free_beds",
    "may_begin",
    "place_history",
    "present_place",
    "running_stays",
    "stays_of",
    "suggested_bed",
    "unmapped_places",
    "ward_chips",
    "ward_places",
    "ward_search",
]
