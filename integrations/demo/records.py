"""Records of patients who have gone home, one in each state on the way to the archive; their signed pages are on paper."""

import datetime as dt
from typing import Any

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from encounters.completeness.selectors import blocking_gaps_of
from encounters.completeness.services import override_gap
from encounters.records import services
from encounters.records.steps import STEPS
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from patients.registry.models import Patient

_LATE = "Nhập lại từ sổ"
_WAY = {
    "complete": "bacsi",
    "countersign": "truongkhoa",
    "submit": "dieuduong",
    "accept": "khth",
    "archive": "luutru",
    "return": "khth",
    "reopen": "giamdoc",
}
_FOUND: dict[str, dict[str, Any]] = {
    "return": {"reason": "Bổ sung diễn biến ngày thứ hai và chữ ký.", "faults": ["CM03", "KY01"]},
    "reopen": {"reason": "Bổ sung kết quả giải phẫu bệnh về muộn."},
}
# How far each came, and how many days ago the patient left.
_STORIES = (
    ("", 1),
    ("", 12),
    ("complete", 3),
    ("complete countersign", 4),
    ("complete countersign submit", 5),
    ("complete countersign submit", 6),
    ("complete countersign submit return", 9),
    ("complete countersign submit accept", 8),
    ("complete countersign submit accept archive", 14),
    ("complete countersign submit accept archive", 16),
    ("complete countersign submit accept archive reopen", 20),
)


def build(facility: Organization, people: dict[str, User]) -> None:
    """The records, and a lending of the oldest archived one that waits for the director."""
    ward = Organization.objects.get(parent=facility, code="K03")
    grown = Patient.objects.filter(facility=facility, birth_year__lte=local_today().year - 18)
    never_in = grown.exclude(encounters__encounter_class=Encounter.Class.INPATIENT).order_by("-pk")
    archived = None
    for number, (patient, (story, days)) in enumerate(zip(never_in[: len(_STORIES)], _STORIES, strict=False)):
        stay = _stay(patient, ward, people, days)
        if story:
            services.keep_paper(
                encounter=stay,
                is_hybrid=True,
                barcode=f"HS{local_today():%y}{number:04d}",
                shelf=f"K1-{number:02d}",
                by=people["luutru"],
            )
        _bring(stay, story.split(), people)
        if stay.record_state == Encounter.RecordState.ARCHIVED:
            archived = stay
    if archived is not None:
        services.ask_for_loan(
            encounter=archived,
            kind="electronic",
            borrower=people["bacsi2"],
            outsider="",
            purpose="Hội chẩn trước mổ",
            paper_number="21/GĐN",
            ends_at=now() + dt.timedelta(days=5),
            by=people["luutru"],
        )


def _stay(patient: Patient, ward: Organization, people: dict[str, User], days: int) -> Encounter:
    left_at = (now() - dt.timedelta(days=days, hours=1)).replace(second=0, microsecond=0)
    doctor = people["bacsi"]
    came_at = left_at - dt.timedelta(days=5)
    stay = visits.admit(
        patient=patient,
        department=ward,
        by=people["tiepdon"],
        at=came_at,
        late_reason=_LATE,
        attending=doctor,
        reason="Ho, sốt",
        payer="BHYT",
        record_type="01/BV1",
    )
    for role in ("department", "discharge-main"):
        visits.record_diagnosis(
            encounter=stay, role=role, by=doctor, code="J18.9", at=came_at, late_reason=_LATE
        )
    return visits.discharge(
        encounter=stay, by=doctor, at=left_at, outcome="1", disposition="home", late_reason=_LATE
    )


def _bring(stay: Encounter, story: list[str], people: dict[str, User]) -> None:
    """As far as the hospital's own rules let it."""
    for verb in story:
        if stay.record_state not in STEPS[verb].before:
            return
        for gap in blocking_gaps_of(stay):  # their pages lie in the folder
            override_gap(encounter=stay, key=gap.key, reason="Hồ sơ giấy, đã đủ trong bìa", by=people["khth"])
        try:
            services.take_step(encounter=stay, verb=verb, by=people[_WAY[verb]], **_FOUND.get(verb, {}))
        except DomainError:
            return
        stay.refresh_from_db(fields=["record_state", "archive_number"])
