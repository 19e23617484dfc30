"""The columns of the briefing, the same on the screen, on paper and in the spreadsheet."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from encounters.boards.selectors.briefing import Numbers

BRIEFING_COLUMNS: tuple[tuple[str, StrOrPromise], ...] = (
    ("at_start", _("There at the start")),
    ("admitted", pgettext_lazy("briefing", "Admitted")),
    ("moved_in", _("Moved in")),
    ("discharged", pgettext_lazy("briefing", "Discharged")),
    ("referred", _("Referred")),
    ("grave", _("Taken home, grave")),
    ("absconded", _("Left without telling")),
    ("died", pgettext_lazy("briefing", "Died")),
    ("moved_out", _("Moved out")),
    ("at_end", _("There now")),
    ("severe", pgettext_lazy("briefing", "Severe")),
    ("beds", _("Beds")),
    ("occupancy", _("Occupancy, %")),
)
# Which of them have patients behind them.
LISTED = tuple(name for name, _title in BRIEFING_COLUMNS if name not in {"beds", "occupancy"})


def cells_of(numbers: Numbers) -> list[int | str]:
    """The numbers in the order of the columns; "–" where there is nothing to divide by."""
    values = (getattr(numbers, name) for name, _title in BRIEFING_COLUMNS)
    return ["–" if value is None else value for value in values]
