"""An order as HL7 v2.5.1 has it: OML^O21 (§4.4.6) for a laboratory, ORM^O01 (§4.4.1) where the neighbour asks for it."""

from datetime import datetime

from encounters.orders.models import ServiceRequest
from encounters.specimens.models import Specimen
from integrations.hl7v2.building import FieldContent, build_message, build_segment
from integrations.hl7v2.delivering import header_fields
from integrations.hl7v2.order_building import patient_segment, service_field, staff_field, visit_segment
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel

NEW, CANCEL, HOLD, RELEASE, CHANGED = "NW", "CA", "HD", "RL", "SC"
# Table 0485 of TQ1-9 and, the same letters, of OBR-27.6 in older versions.
_PRIORITIES = {"routine": "R", "urgent": "A", "stat": "S"}
_SERVICES = {"laboratory": "LAB", "imaging": "RAD"}


def build_order(
    request: ServiceRequest,
    channel: Channel,
    *,
    control: str,
    number: str,
    at: datetime,
    structure: str,
    specimen: Specimen | None = None,
) -> bytes:
    """The message for one order; `control` is ORC-1, `number` MSH-10, `structure` OML^O21 or ORM^O01.

    `specimen`: the tube that was collected for it; its time goes into OBR-7 and SPM-17, its label's number into SPM-2.
    """
    kind, event = structure.split("^")
    is_oml = kind == "OML"
    msh = header_fields(channel, kind=[kind, event, f"{kind}_{event}"], control_id=number, at=at)
    doctor = staff_field(request.confirmed_by or request.requester, channel)
    segments = [
        patient_segment(request.patient),
        visit_segment(request, channel),
        _orc(request, control, at, doctor),
    ]
    if is_oml:
        segments.append(build_segment("TQ1", "1", *[None] * 7, _PRIORITIES[request.priority]))
    service = service_field(request, channel)
    segments.append(_obr(request, service, doctor, is_oml=is_oml, specimen=specimen))
    segments += _notes(request)
    if is_oml and (request.specimen or specimen is not None):
        segments.append(_spm(request, specimen))
    return build_message(msh, *segments)


def _spm(request: ServiceRequest, specimen: Specimen | None) -> str:
    """SPM-4 what it is; of a collected one SPM-2 its label, SPM-17 when it was taken, SPM-27 the tube."""
    kind = (specimen.kind if specimen is not None else "") or request.specimen
    told = [kind] if kind else None
    if specimen is None or specimen.collected_at is None:
        return build_segment("SPM", "1", None, None, told)
    return build_segment(
        "SPM", "1", [specimen.accession_number], None, told, *[None] * 12, write_timestamp(specimen.collected_at),
        *[None] * 9, [specimen.tube, str(specimen.get_tube_display()), "L"],
    )  # fmt: skip


def _orc(request: ServiceRequest, control: str, at: datetime, doctor: FieldContent) -> str:
    status = {CANCEL: "CA", HOLD: "HD", CHANGED: "IP"}.get(control)
    reason = [None, request.status_reason] if request.status_reason else None
    return build_segment(
        "ORC", control, request.placer_number, None, None, status, None, None, None,
        write_timestamp(request.confirmed_at or at), None, None, doctor,
        None, request.call_to or None, None, reason,
    )  # fmt: skip


def _obr(
    request: ServiceRequest,
    service: FieldContent,
    doctor: FieldContent,
    *,
    is_oml: bool,
    specimen: Specimen | None,
) -> str:
    taken = write_timestamp(specimen.collected_at) if specimen is not None and specimen.collected_at else None
    accession = request.accession_number or None
    # OBR-18 carries the accession number (IHE RAD TF-2 §4.2.4.1.2.2).
    return build_segment(
        "OBR", "1", request.placer_number, None, service, None if is_oml else _PRIORITIES[request.priority],
        None, taken, None, None, None, None, None, request.clinical_question or None, None,
        None if is_oml else request.specimen or None, doctor,
        request.call_to or None, accession, None, None, None, None, None, _SERVICES.get(request.category),
    )  # fmt: skip


def _notes(request: ServiceRequest) -> list[str]:
    words = [request.note, request.body_site]
    lines = [word for word in words if word]
    return [build_segment("NTE", str(n), "P", line) for n, line in enumerate(lines, 1)]
