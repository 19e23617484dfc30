"""Our patients as the HIS is told them: ADT^A31 of HL7 v2.5.1 (3.3.31, structure ADT_A05)."""

from datetime import datetime

from integrations.hl7v2.building import NULL, build_message, build_segment
from integrations.hl7v2.delivering import header_fields
from integrations.hl7v2.order_building import patient_segment
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel
from patients.history.models import AllergyIntolerance
from patients.registry.access import same_person
from patients.registry.models import Patient

UPDATE_PERSON = "A31"
_KINDS = {"medication": "DA", "food": "FA", "environment": "EA", "biologic": "MA"}
_SEVERITIES = {"high": "SV", "low": "MI"}


def build_person(
    patient: Patient, channel: Channel, *, number: str, at: datetime, with_allergies: bool
) -> bytes:
    """Who the patient is now; with the whole list of allergies where the EMR keeps it. `number` is MSH-10."""
    said = write_timestamp(at)
    segments = [
        build_segment("EVN", UPDATE_PERSON, said, None, None, None, said),
        patient_segment(patient),
        build_segment("PV1", "1", "N"),  # required by the structure, and of no visit
    ]
    if with_allergies:
        segments += _allergies(patient)
    msh = header_fields(channel, kind=["ADT", UPDATE_PERSON, "ADT_A05"], control_id=number, at=at)
    return build_message(msh, *segments)


def _allergies(patient: Patient) -> list[str]:
    """AL1 as a snapshot; that none is known in words, nothing at all of whom nobody has asked. `""` where all have ended."""
    rows = list(
        AllergyIntolerance.objects.filter(patient__in=same_person(patient), status="active").order_by("pk")
    )
    listed = [row for row in rows if not row.is_none_known]
    if not listed:
        if rows:
            return [build_segment("AL1", "1", None, ["716186003", "No known allergy", "SCT"])]
        ended = AllergyIntolerance.objects.filter(patient__in=same_person(patient)).exists()
        return [build_segment("AL1", "1", None, NULL)] if ended else []
    return [
        build_segment(
            "AL1", str(index), _KINDS.get(row.category), [row.substance_code or None, row.substance, "L"],
            _SEVERITIES.get(row.criticality, "U"), row.reaction or None,
        )
        for index, row in enumerate(listed, start=1)
    ]  # fmt: skip
