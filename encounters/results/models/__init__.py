"""What was measured, examined and found, and who has seen it."""

from encounters.results.models.forms import ReportForm
from encounters.results.models.limits import CriticalLimit
from encounters.results.models.measurements import Observation
from encounters.results.models.prints import ResultPrint
from encounters.results.models.reports import DiagnosticReport, Finding, ReportAttachment
from encounters.results.models.reviews import ReportReading, ReportReview

__all__ = [
    "CriticalLimit",
    "DiagnosticReport",
    "Finding",
    "Observation",
    "ReportAttachment",
    "ReportForm",
    "ReportReading",
    "ReportReview",
    "ResultPrint",
]
