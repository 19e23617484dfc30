"""The paper's number and validity as a part of its document: printed from what was frozen."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import override

from emr.accounts.models import User
from encounters.attestations import checks
from encounters.attestations.kinds import APPOINTMENT, KINDS, REFERRAL
from encounters.attestations.models import Attestation
from encounters.attestations.services import give_number
from encounters.attestations.services.issuing import demand_amendable, note_taken_back
from encounters.attestations.standing import standing_of_document
from encounters.documents.issued import Issuing, register_issuing
from encounters.documents.models import Document, DocumentDraft, DocumentVersion
from encounters.documents.sections import register_section
from encounters.documents.signers import Second, register_author_role, register_second_signer


class PaperSection:
    """Số, cấp lại, hiệu lực."""

    name = "attestation"
    print_template = "encounters/attestations/_print.html"
    editor_url_name = "encounters:attestations:checks"

    def compose(self, document: Document) -> dict[str, Any]:
        paper = Attestation.objects.select_related("replaces").filter(document=document).first()
        if paper is None:
            return {}
        with override("vi"):
            return {
                "number": paper.number,
                "copy_number": paper.copy_number,
                "replaces": paper.replaces.number if paper.replaces else "",
                "reissue_reason": paper.reissue_reason,
                "validity": _validity(paper),
            }

    def problems(self, document: Document) -> list[str]:
        paper = Attestation.objects.select_related("patient").filter(document=document).first()
        draft = DocumentDraft.objects.filter(document=document).first()
        return checks.problems(paper, document, draft.content) if paper and draft else []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """A paper is begun from its stay, never from another paper's rows."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """The number was given before, so that it stands in the version."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        note_taken_back(document=document, reason=reason, by=by)


def _validity(paper: Attestation) -> str:
    """How long it may be used, in the words of its form; leave stands in the form itself."""
    if paper.kind == APPOINTMENT:
        return "Giấy có giá trị sử dụng một lần, theo ngày hẹn."
    if paper.kind == REFERRAL and paper.ends_on is not None:
        return f"Phiếu có giá trị đến hết ngày {date_format(paper.ends_on, 'd/m/Y')}."
    return ""


def register_sections() -> None:
    """Called when the room is ready."""
    section = PaperSection()
    issuing = Issuing(
        give_number=give_number, demand_amendable=demand_amendable, standing_of=standing_of_document
    )
    for kind in KINDS.values():
        register_section(kind.code, section)
        register_issuing(kind.code, issuing)
        register_author_role(kind.code, kind.author)
        if kind.second:
            register_second_signer(kind.code, _place(kind.second))


def _place(role: str) -> Any:
    """The unit's place is kept; who signs there the form's chain says."""
    return lambda document, author: Second(role, None)
