"""A few look-ups that somebody should ask about, and an extract of the log: so that the demo's lists aren't empty."""

from emr.accounts.models import Organization, User
from emr.audit.selectors import Question
from emr.audit.services import record
from emr.common.clock import local_today
from patients.oversight.services import look_through
from patients.registry.models import Patient
from signatures.sealing.services import request_extract


def build_lookups(facility: Organization, people: dict[str, User]) -> int:
    """The planning office reads charts of people in nobody's care; the log is looked through. Returns how many findings."""
    nobodys = Patient.objects.filter(facility=facility, care_contexts=None).order_by("pk")
    for patient in nobodys[:3]:
        record("patient.read", by=people["khth"], of=patient, patient=patient)
    today = local_today()
    request_extract(
        question=Question(today, today, about="patient"),
        reason="Ví dụ: khiếu nại của người bệnh",
        key="demo",
        by=people["kiemtoan"],
    )
    return look_through(facility=facility)
