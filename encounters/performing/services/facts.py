"""A report that is held, told again as facts: what is released is what was entered, word for word."""

from collections.abc import Sequence

from emr.common.clock import now
from emr.storage.services import read_bytes
from encounters.results.facts import AttachmentFacts, ReportFacts, ValueFacts
from encounters.results.models import DiagnosticReport, Finding


def facts_of(report: DiagnosticReport, *, status: str, key: str, approver: str = "") -> ReportFacts:
    """The same content under another status and version key, issued now."""
    findings = list(report.findings.order_by("position"))
    return ReportFacts(
        filler_number=report.filler_number,
        version_key=key,
        status=status,
        category=report.category,
        title=report.title,
        code=report.code,
        national_code=report.national_code,
        loinc=report.loinc,
        issued_at=now(),
        placer_number=report.placer_number,
        collected_at=report.collected_at,
        received_at=report.received_at,
        performed_at=report.performed_at,
        specimen_number=report.specimen_number,
        specimen_type=report.specimen_type,
        specimen_text=report.specimen_text,
        method=report.method,
        device=report.device,
        laboratory=report.laboratory,
        quality_level=report.quality_level,
        performer=report.performer,
        approver=approver,
        accession_number=report.accession_number,
        study_instance_uid=report.study_instance_uid,
        narrative=report.narrative,
        conclusion=report.conclusion,
        note=report.note,
        is_abnormal=report.is_abnormal,
        is_critical=report.is_critical,
        values=_below(findings, None),
        attachments=tuple(
            AttachmentFacts(
                title=file.title,
                content_type=file.attachment.content_type,
                data=read_bytes(file.attachment),
            )
            for file in report.attachments.select_related("attachment__key").order_by("position")
        ),
    )


def _below(findings: Sequence[Finding], parent_id: int | None) -> tuple[ValueFacts, ...]:
    return tuple(_value(finding, findings) for finding in findings if finding.parent_id == parent_id)


def _value(finding: Finding, findings: Sequence[Finding]) -> ValueFacts:
    return ValueFacts(
        title=finding.title,
        code=finding.code,
        national_code=finding.national_code,
        loinc=finding.loinc,
        number=finding.number,
        comparator=finding.comparator,
        text=finding.text,
        value_code=finding.value_code,
        unit=finding.unit,
        ucum=finding.ucum,
        low=finding.low,
        high=finding.high,
        reference=finding.reference,
        flag="" if finding.is_computed else finding.flag,
        status=finding.status,
        absent=finding.absent,
        method=finding.method,
        device=finding.device,
        performed_at=finding.performed_at,
        note=finding.note,
        children=_below(findings, finding.pk),
    )
