"""The shape of what is typed about stays."""

from encounters.visits.forms.arriving import AdmitForm, VisitForm
from encounters.visits.forms.clinical import DiagnosisForm, ProcedureForm
from encounters.visits.forms.leaving import DischargeForm
from encounters.visits.forms.moving import MapForm, ReasonForm, TransferForm

__all__ = [
    "AdmitForm",
    "DiagnosisForm",
    "DischargeForm",
    "MapForm",
    "ProcedureForm",
    "ReasonForm",
    "TransferForm",
    "VisitForm",
]
