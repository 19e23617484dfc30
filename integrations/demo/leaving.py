"""What the morning briefing tells: who left since yesterday morning, in every way; a transfer, two operations."""

import datetime as dt
from typing import Any

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from encounters.boards.periods import briefing_day
from encounters.visits import services as visits
from encounters.visits.codes import CauseLine
from encounters.visits.details import Cause, DeathDetails
from encounters.visits.models import Encounter
from patients.registry.models import Patient

_LATE = "Nhập lại từ sổ"
_TRANSFER: dict[str, Any] = {
    "outcome": "4",
    "disposition": "transfer",
    "transfer_to_name": "Bệnh viện Đa khoa tỉnh",
    "transfer_direction": "1",
    "transfer_reason": "Vượt khả năng chuyên môn",
}
# Department, days in the house, hours before the briefing's end, diagnosis, how it ended (nothing: still here).
_STORIES: tuple[tuple[str, int, int, str, dict[str, Any]], ...] = (
    ("K19", 6, 20, "K35.8", {"outcome": "1", "disposition": "home"}),
    ("K19", 4, 18, "K80.2", {"outcome": "2", "disposition": "home"}),
    ("K02", 2, 16, "I63.9", _TRANSFER),
    ("K02", 3, 11, "J96.0", {"outcome": "5", "disposition": "home"}),
    ("K02", 8, 9, "I50.9", {"outcome": "6", "disposition": "taken-home"}),
    ("K02", 1, 7, "J18.9", {}),
)


def build(facility: Organization, people: dict[str, User]) -> None:
    """The stays; the last one moves to internal medicine, the first two were operated on."""
    departments = {one.code: one for one in Organization.objects.filter(parent=facility)}
    grown = Patient.objects.filter(facility=facility, birth_year__lte=local_today().year - 40)
    never_in = grown.exclude(encounters__encounter_class=Encounter.Class.INPATIENT).order_by("pk")
    end, surgeon = briefing_day(facility.pk).end, people["bacsi2"]
    for patient, (code, days, hours, diagnosis, ends) in zip(
        never_in[: len(_STORIES)], _STORIES, strict=False
    ):
        left_at = end - dt.timedelta(hours=hours)
        came_at = left_at - dt.timedelta(days=days)
        stay = visits.admit(
            patient=patient,
            department=departments[code],
            by=people["tiepdon"],
            at=came_at,
            late_reason=_LATE,
            attending=surgeon,
            payer="BHYT",
            record_type="10/BV1" if code == "K19" else "01/BV1",
        )
        for role in ("admission", "discharge-main"):
            visits.record_diagnosis(
                encounter=stay, role=role, by=surgeon, code=diagnosis, at=came_at, late_reason=_LATE
            )
        if code == "K19":
            _operated(stay, came_at + dt.timedelta(hours=5), surgeon, people["bacsi"])
        if not ends:
            visits.transfer(
                encounter=stay, department=departments["K03"], by=surgeon, at=left_at, late_reason=_LATE
            )
            continue
        death = _death(left_at) if ends["outcome"] == "5" else None
        visits.discharge(encounter=stay, by=surgeon, at=left_at, late_reason=_LATE, death=death, **ends)


def _operated(stay: Encounter, at: dt.datetime, surgeon: User, assistant: User) -> None:
    visits.record_procedure(
        encounter=stay,
        kind="surgery",
        text="Phẫu thuật nội soi ổ bụng",
        by=surgeon,
        started_at=at,
        ended_at=at + dt.timedelta(minutes=70),
        anaesthesia="general",
        performers=[("operator", surgeon), ("assistant", assistant)],
        late_reason=_LATE,
    )


def _death(at: dt.datetime) -> DeathDetails:
    causes = (
        Cause(line=CauseLine.IA, text="Suy hô hấp cấp"),
        Cause(line=CauseLine.IB, text="Viêm phổi nặng"),
    )
    return DeathDetails(died_at=at, cause_kind="1", causes=causes)
