"""What happened as the body of a form: a shift handed over, the care columns of a nurse."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.bedside import official
from encounters.bedside.models import CareSheet, Handover
from encounters.bedside.selectors.care import content_of
from encounters.bedside.selectors.handovers import facts_of, known_of
from encounters.documents.models import Document, DocumentVersion
from encounters.visits.shifts import Shift


class HandoverSection:
    """Nothing is typed on such a form: it is what happened in the shift, and what was said beside it."""

    name = official.SECTION
    print_template = "encounters/bedside/_print_handover.html"
    editor_url_name = "encounters:bedside:handover_body"

    def compose(self, document: Document) -> dict[str, Any]:
        row = Handover.objects.select_related("to_department").filter(document=document).first()
        if row is None:
            return {}
        shift = Shift(row.shift_name, row.starts_at, row.ends_at)
        return facts_of(document.encounter, shift) | {
            "situation": row.situation,
            "to_do": row.to_do,
            "to_department": row.to_department.name if row.to_department else "",
            "note": official.UNCHECKED,
        }

    def problems(self, document: Document) -> list[str]:
        if not Handover.objects.filter(document=document).exists():
            return [_("This form is made on the patient's page at the bed.")]
        return []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """One form is of one shift."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """The shift is what it was."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """What was ticked stays ticked."""


class CareSection:
    """Columns of one nurse and shift with what other rooms know of their time: nothing is typed on the form itself."""

    name = official.CARE_1.section
    print_template = "encounters/bedside/_print_care.html"
    editor_url_name = "encounters:bedside:care_body"

    def compose(self, document: Document) -> dict[str, Any]:
        sheet = (
            CareSheet.objects.select_related("encounter__patient", "nurse").filter(document=document).first()
        )
        if sheet is None:
            return {}
        return content_of(sheet) | known_of(sheet.encounter) | {"note": official.UNCHECKED}

    def problems(self, document: Document) -> list[str]:
        if not CareSheet.objects.filter(document=document).exists():
            return [_("This form is made of the columns on the patient's care sheet.")]
        return []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """One form is of one shift."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """The columns stay what they are."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """The columns stay: they may be put on another sheet."""
