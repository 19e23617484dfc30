"""What the door of the demo hospital shows: a restricted patient, an emergency access to review, a cover duty."""

import datetime as dt

from emr.accounts.cover import start_cover_duty
from emr.accounts.models import Organization, User
from emr.common.clock import now
from encounters.visits.models import Encounter
from patients.emergency_access.services import open_emergency_access
from patients.registry.services import restrict_patient


def build(people: dict[str, User], departments: dict[str, Organization]) -> None:
    """Nothing where nobody lies in internal medicine (a very small demo)."""
    inside = Encounter.objects.filter(
        department=departments["K03"], encounter_class=Encounter.Class.INPATIENT, status="in-progress"
    ).select_related("patient", "patient__merged_into")
    patients = [stay.patient for stay in inside.order_by("-pk")[:2]]
    if len(patients) < 2:
        return
    kept, opened = patients
    open_emergency_access(
        patient=opened,
        reason="consultation",
        words="Hội chẩn đau bụng cấp trong đêm, bác sĩ điều trị đang mổ",
        by=people["bacsi2"],
    )
    restrict_patient(
        patient=kept, level="R", reason="staff", named=[people["dieuduong"]], by=people["truongkhoa"]
    )
    start_cover_duty(
        department=departments["K18"],
        ends_at=now() + dt.timedelta(hours=12),
        reason="night",
        by=people["bacsi2"],
    )
