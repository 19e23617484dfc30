"""Words of a laboratory or imaging system about orders of ours, onto the orders."""

from collections.abc import Mapping
from typing import Any

from encounters.orders.models import ServiceRequest
from encounters.specimens.services import note_performer_step
from integrations.hl7v2.identifying import find_patient, read_numbers
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis.services.reflexes import reflex_for
from integrations.lis.statuses import Line, Statuses, read_statuses
from integrations.transport.models import Message


def apply_status(message: Message) -> Applied:
    """Keep what each ORC says of its order, once; raises CannotApply, Hl7Error.

    A line that says nothing new (an answer to our own cancellation) is a remark and no error. A word about an order that
    isn't ours needs a person: nobody else would ever see it.
    """
    told = read_statuses(message)
    remarks: list[tuple[str, Mapping[str, Any]]] = []
    changed = False
    for line in told.lines:
        request = _request(told, line)
        kind = line.kind
        if not kind:
            remarks.append(
                ("status_says_nothing", {"control": line.orc.order_control, "status": line.orc.order_status})
            )
            continue
        changed |= note_performer_step(
            request=request,
            kind=kind,
            at=told.said_at(line),
            key=line.key(told.message.channel.sending_application),
            system=told.message.channel.sending_application,
            reason=line.reason,
            reason_code=line.reason_code,
            label=line.label,
            collected_at=_collected_at(line),
        )
    return Applied(changed, remarks)


def _collected_at(line: Line) -> Any:
    stated = next((spm.collected_at for spm in line.specimens if spm.collected_at is not None), None)
    return stated.at if stated is not None else None


def _request(told: Statuses, line: Line) -> ServiceRequest:
    """The order by our number. Raises CannotApply when it isn't ours or is another person's than PID says."""
    channel = told.message.channel
    found = ServiceRequest.objects.filter(
        facility=channel.facility, placer_number__in=line.numbers
    ).select_related("patient", "encounter", "requester", "facility")
    request = found.first() if line.numbers else None
    if request is None:
        request = reflex_for(channel, line.group)
    if request is None:
        raise CannotApply("status_of_unknown_order", number=(line.numbers or [""])[0])
    if told.pid is not None and told.pid.patient_identifier_list:
        patient = find_patient(channel, read_numbers(channel, told.pid.patient_identifier_list))
        if patient is not None and patient.root_id != request.patient.root_id:
            raise CannotApply("order_of_another", number=request.placer_number)
    return request
