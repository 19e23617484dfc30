"""Questions of this room."""

from encounters.monitoring.selectors.chart import Sheet, chart_sheets_of, sheet_of
from encounters.monitoring.selectors.fluids import Amount, Balance, balance_of, fluids_between, held_fluids
from encounters.monitoring.selectors.scoring import (
    Score,
    choices_of,
    scaling_of,
    score,
    shipped_tables,
    tables_of,
)
from encounters.monitoring.selectors.ward import (
    Last,
    Line,
    also_taken,
    last_values,
    lines_of,
    scale_history,
    wanted_signs,
    ward_stays,
)
from encounters.monitoring.selectors.warning import (
    covering,
    newest_warnings,
    parts_of,
    warnings_by_stay,
    warnings_of,
)

__all__ = [
    "Amount",
    "Balance",
    "Last",
    "Line",
    "Score",
    "Sheet",
    "also_taken",
    "balance_of",
    "chart_sheets_of",
    "choices_of",
    "covering",
    "fluids_between",
    "held_fluids",
    "last_values",
    "lines_of",
    "newest_warnings",
    "parts_of",
    "scale_history",
    "scaling_of",
    "score",
    "sheet_of",
    "shipped_tables",
    "tables_of",
    "wanted_signs",
    "ward_stays",
    "warnings_by_stay",
    "warnings_of",
]
