"""A shift under way on a ward: patients given to nurses, some tasks ticked, isolation and risks known."""

import uuid

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside.selectors import tasks_of
from encounters.bedside.services import assign_patients, record_execution, set_precaution
from encounters.visits.models import Encounter
from encounters.visits.shifts import shift_at

_GIVEN, _TICKED = 6, 4
_PRECAUTIONS = ((0, "fall", ""), (1, "contact", "MRSA"), (3, "fall", ""), (3, "pressure", "Braden 14"))


def build(people: dict[str, User]) -> None:
    """What the head nurse gave out, and what the nurse has done of it so far."""
    nurse, head = people["dieuduong"], people["ddtruong"]
    stays = list(
        Encounter.objects.filter(
            facility=nurse.facility,
            status=Encounter.Status.IN_PROGRESS,
            encounter_class=Encounter.Class.INPATIENT,
            department__code="K03",
        )
        .select_related("patient", "department", "facility")
        .order_by("pk")
    )
    shift = shift_at(nurse.facility_id, now())
    if not stays or stays[0].department is None:
        return
    assign_patients(stays=stays[:_GIVEN], nurse=nurse, department=stays[0].department, shift=shift, by=head)
    for index, kind, note in _PRECAUTIONS:
        if index < len(stays):
            set_precaution(encounter=stays[index], kind=kind, note=note, by=nurse)
    for stay in stays[:_TICKED]:
        for task in [task for task in tasks_of(stay, shift) if task.state == "due"][:1]:
            record_execution(
                order=task.order,
                slot_at=task.slot.at,
                outcome="done",
                key=uuid.uuid5(uuid.NAMESPACE_OID, f"demo {stay.pk} {task.order.uuid}"),
                happened_at=max(task.order.confirmed_at or now(), task.slot.at),
                identified="scan",
                by=nurse,
            )
