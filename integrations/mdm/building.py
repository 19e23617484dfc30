"""A signed document as MDM (HL7 v2.5.1 §9.6): T02 at first, T08 with a further signature, T10 amended, T11 in error."""

import base64
from datetime import datetime

from django.db.models import Q

from emr.accounts.models import User
from encounters.documents.models import DocumentVersion
from encounters.visits.models import Encounter
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.delivering import header_fields
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel
from patients.registry import systems
from patients.registry.models import Identifier, Patient

_SEXES = {"male": "M", "female": "F", "other": "O"}
_CLASSES = {"IMP": "I", "AMB": "O", "EMER": "E"}


def document_number(version: DocumentVersion) -> str:
    """TXA-12: one number a version, the same on every way out."""
    return f"{version.document.uuid}.{version.number}"


def build_document(
    version: DocumentVersion,
    channel: Channel,
    *,
    event: str,
    number: str,
    at: datetime,
    data: bytes,
    title: str,
    parent: DocumentVersion | None = None,
) -> bytes:
    """The message; `number` is MSH-10, `data` the PDF (empty with T11), `parent` the version that T10 replaces."""
    document = version.document
    # The structure of T02, T08, T10 is T02's; T11 has that of T01 (§9.6, table 0354).
    structure = "MDM_T01" if event == "T11" else "MDM_T02"
    msh = header_fields(channel, kind=["MDM", event, structure], control_id=number, at=at)
    segments = [
        build_segment("EVN", event, write_timestamp(at)),
        _pid(document.patient),
        _pv1(document.encounter),
        build_segment(
            "TXA", "1", document.code, "AP", write_timestamp(document.happened_at),
            _staff(version.author), write_timestamp(version.frozen_at), None, None, _staff(version.author), None,
            None, document_number(version), document_number(parent) if parent else None, None, None,
            f"{version.verify_code}.pdf", "LA", None, "CA" if event == "T11" else "AV",
        ),
    ]  # fmt: skip
    if event != "T11":
        content = [None, "application", "pdf", "Base64", base64.b64encode(data).decode()]
        segments.append(
            build_segment(
                "OBX", "1", "ED", [document.code, title, "L"], "1", content, None, None, None, None, None, "F"
            )
        )
    return build_message(msh, *segments)


def _pid(patient: Patient) -> str:
    person = patient.merged_into or patient
    held = Identifier.objects.filter(Q(patient=person) | Q(patient=patient), is_active=True).order_by(
        "-is_own", "pk"
    )
    numbers: list[list[str | None]] = [
        [number.value, None, None, f"BV{number.system.removeprefix(systems.MRN_PREFIX)}", "MR"]
        for number in held
        if number.system.startswith(systems.MRN_PREFIX)
    ]
    family, _, given = person.full_name.partition(" ")
    born = f"{person.birth_date:%Y%m%d}" if person.birth_date else str(person.birth_year or "")
    return build_segment(
        "PID", "1", None, numbers, None, [family, given], None, born, _SEXES.get(person.sex, "U")
    )


def _pv1(stay: Encounter) -> str:
    authority = f"BV{stay.facility.code}"
    where = [stay.department.code] if stay.department else None
    visit = [stay.identifier, None, None, authority, "VN"]
    return build_segment("PV1", "1", _CLASSES.get(stay.encounter_class, "I"), where, *[None] * 15, visit)


def _staff(user: User) -> list[str | None]:
    family, _, given = user.full_name.partition(" ")
    return [user.staff_code or user.username, family, given]
