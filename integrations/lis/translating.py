"""Groups of a result message to reports: which numbers tell them apart, how far they are, what is found."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from encounters.results.facts import AttachmentFacts, ReportFacts, ValueFacts
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis.reading import Found, Group, Oru
from integrations.lis.values import TEXTUAL, attachment, finding, plain
from integrations.transport.models import Channel

# OBR-25 (table 0123) to FHIR's DiagnosticReport.status.
_STATUSES = {
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "A": "partial",
    "P": "preliminary",
    "R": "preliminary",
    "F": "final",
    "M": "amended",
    "C": "corrected",
    "K": "corrected",
    "X": "cancelled",
}
# OBR-24 (table 0074) to our kinds; a laboratory's message is laboratory, a radiology system's is imaging otherwise.
_CATEGORIES = {
    "MB": "microbiology", "VR": "microbiology", "MYC": "microbiology", "PAR": "microbiology", "SR": "laboratory",
    "SP": "pathology", "CP": "pathology", "CG": "pathology", "OSL": "laboratory", "LAB": "laboratory",
    "RAD": "imaging", "RX": "imaging", "RUS": "ultrasound", "US": "ultrasound", "OUS": "ultrasound", "VUS": "ultrasound",
    "CT": "imaging", "NMR": "imaging", "NMS": "imaging", "XRC": "imaging", "CUS": "ultrasound",
    "ES": "endoscopy", "END": "endoscopy", "EC": "functional", "ECG": "functional", "EN": "functional", "PF": "functional",
}  # fmt: skip
_NARRATIVE = {"imaging", "ultrasound", "endoscopy", "functional", "pathology"}
# LOINC 19005-8, 18782-3 and 22637-3 are an examination's impression; the suffix is HL7's own (OBX-3, 2.3 §7.3.2.3).
_CONCLUSION_CODES = {
    "19005-8",
    "18782-3",
    "22637-3",
    "KL",
    "IMP",
    "KETLUAN",
    "KET_LUAN",
    "CONCLUSION",
    "IMPRESSION",
}


def wrong_patient(group: Group) -> bool:
    """Whether the producer takes the whole group back as another person's (every OBX-11 is W)."""
    return bool(group.found) and all(found.obx.result_status == "W" for found in group.found)


def filler_key(group: Group) -> str:
    """What names the report with its producer. Some give one number to a whole tube, so the test's code belongs to it.

    Raises CannotApply when neither a number of the producer's nor of ours is there.
    """
    number = group.filler_number or group.placer_number
    if not number:
        raise CannotApply("no_result_number")
    code = group.obr.universal_service.code or group.obr.universal_service.loinc
    return f"{number}|{code}"[:80]


def reports(oru: Oru) -> list[tuple[Group, ReportFacts]]:
    """A report for each group that isn't part of another one's; an antibiogram goes under the isolate that it tests."""
    own = [group for group in oru.groups if not _is_child(group, oru.groups)]
    return [(group, _report(oru, group, _children(group, oru.groups))) for group in own]


def _is_child(group: Group, groups: Sequence[Group]) -> bool:
    if group.is_generated:
        return False
    return bool(group.obr.parent_result) and _parent(group, groups) is not None


def _parent(group: Group, groups: Sequence[Group]) -> tuple[Group, Found] | None:
    wanted = group.obr.parent_result
    for other in groups:
        if other is group:
            continue
        for found in other.found:
            names = {found.obx.identifier.first.identifier, found.obx.identifier.alternate.identifier}
            if found.obx.sub_id == wanted.sub_id and (not wanted.identifier or wanted.identifier in names):
                return other, found
    return None


def _children(group: Group, groups: Sequence[Group]) -> dict[int, list[Found]]:
    """{id of a finding: the findings of the groups that name it as their parent}."""
    below: dict[int, list[Found]] = {}
    for other in groups:
        if _is_child(other, groups) and (parent := _parent(other, groups)) and parent[0] is group:
            below.setdefault(id(parent[1]), []).extend(other.found)
    return below


def _report(oru: Oru, group: Group, below: dict[int, list[Found]]) -> ReportFacts:
    obr = group.obr
    status = _status(group)
    issued = obr.results_changed.at if obr.results_changed else _sent_at(oru)
    category = _CATEGORIES.get(obr.diagnostic_service) or (
        "imaging" if oru.channel.performs == Channel.Performs.IMAGING else "laboratory"
    )
    specimen = group.specimens[0] if group.specimens else None
    collected = specimen.collected_at if specimen and specimen.collected_at else None
    is_examination = category in _NARRATIVE - {"pathology"}
    if collected is None and not is_examination:
        collected = obr.observation_date_time
    received = (specimen.received_at if specimen else None) or obr.specimen_received
    analysed = [f.obx.analysed_at.at for f in group.found if f.obx.analysed_at]
    performed = obr.observation_date_time.at if is_examination and obr.observation_date_time else None
    values, narrative, conclusion, files = _contents(group, below, category)
    organisations = [f.obx.performing_organisation or f.obx.producer.text for f in group.found]
    service = obr.universal_service
    return ReportFacts(
        filler_number=filler_key(group),
        version_key=_version(group, status, below),
        status=status,
        category=category,
        title=service.text or service.code,
        issued_at=issued,
        code=service.code,
        national_code=service.national_code,
        loinc=service.loinc,
        placer_number=group.placer_number,
        collected_at=collected.at if collected else None,
        received_at=received.at if received else None,
        performed_at=performed or (max(analysed) if analysed else None),
        specimen_number=specimen.number if specimen else "",
        specimen_type=specimen.kind.identifier if specimen else obr.specimen_source,
        specimen_text=specimen.kind.text if specimen else "",
        laboratory=next((name for name in organisations if name), ""),
        performer=obr.technician.name,
        approver=obr.interpreter.name
        or next(
            (f.obx.responsible_observer.name for f in group.found if f.obx.responsible_observer.name), ""
        ),
        accession_number=(obr.placer_field_1 or obr.filler_field_1) if category in _NARRATIVE else "",
        narrative=narrative,
        conclusion=conclusion,
        note=_notes(group),
        values=values,
        attachments=files,
    )


def _sent_at(oru: Oru) -> datetime:
    sent = oru.msh.date_time_of_message
    return sent.at if sent is not None else oru.message.received_at


def _status(group: Group) -> str:
    """OBR-25; where it is empty, the least that its findings say."""
    if stated := _STATUSES.get(group.obr.result_status):
        return stated
    said = {found.obx.result_status for found in group.found}
    if said & {"P", "R", "S"}:
        return "preliminary"
    return "corrected" if "C" in said else "final"


def _version(group: Group, status: str, below: dict[int, list[Found]]) -> str:
    """The status, when it changed, and the content itself: some producers change a result without changing its time."""
    changed = group.obr.results_changed
    content = hashlib.sha256("\n".join([*group.lines, repr(sorted(map(repr, below.values())))]).encode())
    return f"{status}:{changed.at.isoformat() if changed else ''}:{content.hexdigest()[:16]}"


def _notes(group: Group) -> str:
    specimens = [word for s in group.specimens for word in (s.reject_reason, s.condition) if word]
    return "\n".join([*group.notes, *specimens])


def _contents(
    group: Group, below: dict[int, list[Found]], category: str
) -> tuple[tuple[ValueFacts, ...], str, str, tuple[AttachmentFacts, ...]]:
    """(findings, narrative, conclusion, files). Lines of one text that come one by one are put together again."""
    values: list[ValueFacts] = []
    narrative: list[str] = []
    conclusion: list[str] = []
    files: list[AttachmentFacts] = []
    isolates = _by_sub_id(group)
    taken: set[int] = set()
    for found in group.found:
        obx = found.obx
        if id(found) in taken or (not obx.values and not found.notes and not below.get(id(found))):
            continue
        if obx.value_type == "ED":
            files.append(attachment(obx))
        elif category in _NARRATIVE and obx.value_type in TEXTUAL | {"ST"}:
            words = "\n".join([*(plain(value) for value in obx.values), *found.notes])
            (conclusion if _concludes(found) else narrative).append(words)
        elif obx.value_type in TEXTUAL and values and _goes_on(values[-1], found):
            values[-1] = replace(values[-1], text=f"{values[-1].text}\n{finding(found).text}")
        else:
            under = [f for f in isolates.get(obx.sub_id, []) if f is not found]
            taken.update(map(id, under))
            children = [finding(child) for child in [*under, *below.get(id(found), [])]]
            values.append(finding(found, children))
    return tuple(values), "\n".join(narrative), "\n".join(conclusion), tuple(files)


def _by_sub_id(group: Group) -> dict[str, list[Found]]:
    """{sub-id: findings below it}: "1.1" and "1.2" stand under the finding whose sub-id is "1"."""
    heads = {found.obx.sub_id for found in group.found if found.obx.sub_id}
    below: dict[str, list[Found]] = {}
    for found in group.found:
        head, dot, rest = found.obx.sub_id.rpartition(".")
        if dot and rest and head in heads:
            below.setdefault(head, []).append(found)
    return below


def _goes_on(before: ValueFacts, found: Found) -> bool:
    concept = found.obx.identifier
    same = (concept.code, concept.loinc) == (before.code, before.loinc) and concept.text == before.title
    return same and before.number is None and not before.children


def _concludes(found: Found) -> bool:
    concept = found.obx.identifier
    codes = {concept.first.identifier.upper(), concept.alternate.identifier.upper()}
    return bool(codes & _CONCLUSION_CODES) or any(code.endswith("&IMP") for code in codes)
