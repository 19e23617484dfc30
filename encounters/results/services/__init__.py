"""Verbs of measurements and results."""

from encounters.results.services.composing import compose_form
from encounters.results.services.filing import Filed, file_report, take_back
from encounters.results.services.late import keep_open_after_discharge
from encounters.results.services.measuring import Unusual, correct_observation, record_vital_signs
from encounters.results.services.printing import (
    cancel_result_print,
    render_result_print,
    request_report_print,
    request_table_print,
    resume_result_print,
)
from encounters.results.services.reviewing import acknowledge, acknowledge_many, is_nobodys, mark_seen

__all__ = [
    "Filed",
    "Unusual",
    "acknowledge",
    "acknowledge_many",
    "cancel_result_print",
    "compose_form",
    "correct_observation",
    "file_report",
    "is_nobodys",
    "keep_open_after_discharge",
    "mark_seen",
    "record_vital_signs",
    "render_result_print",
    "request_report_print",
    "request_table_print",
    "resume_result_print",
    "take_back",
]
