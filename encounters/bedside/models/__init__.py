"""What a ward's nurses keep: who looks after whom, what was carried out, whom to beware for what."""

from encounters.bedside.models.assignments import Assignment, Look
from encounters.bedside.models.care import CareColumn, CareSheet
from encounters.bedside.models.checks import ChartCheck, ChartRemark
from encounters.bedside.models.downtime import Outage, WardCode, WardPack
from encounters.bedside.models.executions import Execution
from encounters.bedside.models.handovers import Handover
from encounters.bedside.models.precautions import Precaution
from encounters.bedside.models.wounds import Wound, WoundAssessment, WoundPhoto

__all__ = [
    "Assignment",
    "CareColumn",
    "CareSheet",
    "ChartCheck",
    "ChartRemark",
    "Execution",
    "Handover",
    "Look",
    "Outage",
    "Precaution",
    "WardCode",
    "WardPack",
    "Wound",
    "WoundAssessment",
    "WoundPhoto",
]
