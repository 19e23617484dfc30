"""Questions about measurements and results."""

from encounters.results.selectors.earlier import earlier_results
from encounters.results.selectors.measurements import (
    Round,
    current_observations,
    latest_values,
    signs_of,
    vital_sign_chart,
    vital_sign_rounds,
)
from encounters.results.selectors.reports import (
    Sheet,
    by_number,
    history_of,
    inbox,
    reports_of_patient,
    reports_of_stay,
    sheet_of,
    state_of,
    versions_of,
)

__all__ = [
    "Round",
    "Sheet",
    "by_number",
    "current_observations",
    "earlier_results",
    "history_of",
    "inbox",
    "latest_values",
    "reports_of_patient",
    "reports_of_stay",
    "sheet_of",
    "signs_of",
    "state_of",
    "versions_of",
    "vital_sign_chart",
    "vital_sign_rounds",
]
