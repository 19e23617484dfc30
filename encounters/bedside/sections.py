"""A shift as the body of the hand-over form."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.bedside import official
from encounters.bedside.models import Handover
from encounters.bedside.selectors.handovers import facts_of
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
