"""What a record's file says, as plain data: frozen when the file is asked for, so that it is the same bytes for ever.

{"layout", "facility", "authority", "facility_code", "archive_number", "numbers", "identity", "stay": {…},
"pieces": [{"kind", "part", "uuid", "code", "title", "at", "flag", …}], "export": {…}, "extract": {…} or None}.
A piece is a "document" (with "version", "version_uuid", "signers", and the newest PDF as "attachment" and "sha256"), a
"file" (kept bytes as they came), or a "report" (a result that has no form: drawn from its rows). Instants are ISO text.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.common.errors import DomainError
from emr.storage.models import Attachment
from encounters.bundles.hosobenhan import export_of
from encounters.bundles.models import RecordExtract
from encounters.bundles.order import in_order, part_of
from encounters.documents.heading import bare, numbers, person_of
from encounters.documents.models import Document, DocumentBytes
from encounters.documents.pieces import pieces_of
from encounters.documents.signed import SignedBy, signatures_of
from encounters.results.models import DiagnosticReport, ReportAttachment, ReportForm
from encounters.visits.models import Encounter

# Raised when the file's look changes, so that files made before are not taken for today's.
LAYOUT = 1
Content = dict[str, Any]


def content_of(encounter: Encounter, *, archive_number: str = "") -> Content:
    """The whole record; as many queries for one document as for four hundred.

    Raises DomainError while a finished document is still being printed.
    """
    demand_printed(encounter)
    with override("vi"):
        return _head(encounter, archive_number) | {
            "pieces": pieces(encounter),
            "export": export_of(encounter),
            "extract": None,
        }


def extract_content(extract: RecordExtract) -> Content:
    """The chosen parts alone, with what is written over each page. Raises DomainError when one of them is gone."""
    with override("vi"):
        chosen = [piece for piece in pieces(extract.encounter) if piece["uuid"] in extract.parts]
        if len(chosen) != len(extract.parts):
            raise DomainError(_("A chosen document stands in the record no more."), code="gone")
        return _head(extract.encounter, extract.encounter.archive_number) | {
            "pieces": chosen,
            "export": None,
            "extract": {
                "uuid": str(extract.uuid),
                "receiver_kind": extract.get_receiver_kind_display(),
                "receiver": extract.receiver,
                "purpose": extract.purpose,
                "reference": extract.reference,
                "approved_by": extract.decided_by.titled_name if extract.decided_by else "",
                "approved_at": _iso(extract.decided_at),
                "expires_on": extract.expires_on.isoformat(),
                "verify_code": extract.verify_code,
            },
        }


def _iso(at: dt.datetime | None) -> str:
    return at.isoformat() if at else ""


def _head(encounter: Encounter, archive_number: str) -> Content:
    facility, patient = encounter.facility, encounter.patient
    known = [[label, value] for label, value in numbers(encounter, "01/BV1") if label != "Số lưu trữ"]
    return {
        "layout": LAYOUT,
        "facility": facility.name,
        "facility_code": facility.code,
        "authority": facility.authority,
        "archive_number": archive_number,
        "numbers": [["Số lưu trữ", archive_number], *known],
        "identity": person_of(patient, timezone.localdate(encounter.begins_at)),
        "stay": {
            "uuid": str(encounter.uuid),
            "identifier": encounter.identifier,
            "record_type": encounter.record_type,
            "department": bare(encounter.department.name, "khoa") if encounter.department else "",
            "begins_at": _iso(encounter.begins_at),
            "ended_at": _iso(encounter.ended_at),
            "outcome": str(encounter.get_outcome_display()) if encounter.outcome else "",
        },
    }


def pieces(encounter: Encounter) -> list[dict[str, Any]]:
    """Everything in the record that has its PDF, in its order."""
    return in_order([*_documents(encounter), *_reports(encounter), *_files(encounter)])


def demand_printed(encounter: Encounter) -> None:
    """Raise DomainError while a finished document has no PDF yet: no record is frozen without it. One query."""
    has_pdf = DocumentBytes.objects.filter(version=OuterRef("current_version"))
    finished = Document.objects.filter(encounter=encounter, current_version__isnull=False)
    code = finished.filter(~Exists(has_pdf)).values_list("code", flat=True).first()
    if code is not None:
        raise DomainError(
            _("%(code)s is still being printed; ask again in a minute.") % {"code": code},
            code="not_rendered",
        )


def _documents(encounter: Encounter) -> list[dict[str, Any]]:
    newest = (
        DocumentBytes.objects.filter(version__document__encounter=encounter)
        .select_related("attachment", "version__document", "version__response__questionnaire")
        .defer(
            "version__composition",
            "version__response__resource",
            "version__response__questionnaire__resource",
        )
        .order_by("version_id", "-revision")
        .distinct("version_id")
    )
    by_version = {stored.version_id: stored for stored in newest}
    signed = signatures_of(list(by_version))
    rows = []
    for version_id, stored in by_version.items():
        document, signers = stored.version.document, signed.get(version_id, [])
        if document.current_version_id == version_id:
            rows.append(_document(stored, signers, flag="" if signers else "unsigned"))
        elif signers:  # the signed version before: its bytes stay in the record, its pages don't
            rows.append(_document(stored, signers, flag="replaced"))
    return rows


def _document(stored: DocumentBytes, signers: list[SignedBy], *, flag: str) -> dict[str, Any]:
    version = stored.version
    document = version.document
    in_error = document.status == Document.Status.ENTERED_IN_ERROR
    return {
        "kind": "document",
        "part": "error" if in_error else part_of(document.code),
        "uuid": str(document.uuid) if flag != "replaced" else str(version.uuid),
        "code": document.code,
        "title": version.response.questionnaire.title,
        "at": _iso(document.happened_at),
        "flag": "error" if in_error else flag,
        "version": version.number,
        "version_uuid": str(version.uuid),
        "is_current": flag != "replaced",
        "revision": stored.revision,
        "signers": _told(signers),
        **_kept(stored.attachment),
    }


def _told(signers: Iterable[SignedBy]) -> list[dict[str, str]]:
    return [{"name": one.name, "capacity": one.capacity, "at": _iso(one.at)} for one in signers]


def _kept(attachment: Attachment) -> dict[str, Any]:
    return {
        "attachment": attachment.pk,
        "sha256": attachment.sha256,
        "size": attachment.size,
        "content_type": attachment.content_type,
    }


def _standing(encounter: Encounter) -> Any:
    """The stay's reports as they stand: replaced ones and those taken back are told by who replaced them."""
    later = DiagnosticReport.objects.filter(replaces=OuterRef("pk"))
    return DiagnosticReport.objects.filter(~Exists(later), encounter=encounter).exclude(
        status__in=["entered-in-error", "cancelled"]
    )


def _reports(encounter: Encounter) -> list[dict[str, Any]]:
    """Results that no form of ours shows."""
    shown = ReportForm.objects.filter(report=OuterRef("pk"), document__current_version__isnull=False)
    return [
        {
            "kind": "report",
            "part": "results",
            "uuid": str(report.uuid),
            "code": "",
            "title": report.title,
            "at": _iso(report.effective_at),
            "flag": "copy",
            "report": report.pk,
            "source": report.source,
            "digest": report.digest,
        }
        for report in _standing(encounter).filter(~Exists(shown))
    ]


def _files(encounter: Encounter) -> list[dict[str, Any]]:
    """Files that came with results, and what other rooms keep."""
    sent = ReportAttachment.objects.filter(report__in=_standing(encounter).values("pk"))
    rows = [
        {
            "kind": "file",
            "part": "results",
            "uuid": str(row.uuid),
            "code": "",
            "title": row.title,
            "at": _iso(row.report.effective_at),
            "flag": "",
            **_kept(row.attachment),
        }
        for row in sent.select_related("report", "attachment")
    ]
    for piece in pieces_of(encounter):
        rows.append(
            {
                "kind": "file",
                "part": piece.part or part_of(piece.code),
                "uuid": piece.uuid,
                "code": piece.code,
                "title": piece.title,
                "at": _iso(piece.at),
                "flag": piece.flag,
                "signers": _told(piece.signers),
                **_kept(piece.attachment),
            }
        )
    return rows
