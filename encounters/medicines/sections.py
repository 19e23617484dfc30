"""What was done with medicines as the body of its sheet."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentVersion
from encounters.medicines import official
from encounters.medicines.selectors.sheets import rows_of, sheet_of


class DosesSection:
    """Nothing is typed on such a sheet: it is what was done."""

    name = official.SECTION
    print_template = "encounters/medicines/_print_sheet.html"
    editor_url_name = "encounters:medicines:sheet_body"

    def compose(self, document: Document) -> dict[str, Any]:
        sheet = sheet_of(document)
        if sheet is None:
            return {}
        return {
            "code": sheet.code,
            "starts_at": sheet.starts_at.isoformat(),
            "ends_at": sheet.ends_at.isoformat(),
            "nurse": sheet.nurse.titled_name,
            "rows": rows_of(sheet),
            "note": official.UNCHECKED,
        }

    def problems(self, document: Document) -> list[str]:
        if sheet_of(document) is None:
            return [_("This sheet is made of what was done, on the page of the patient's medicines.")]
        return []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """One sheet is of one time."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """What was done stays as it is."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """What was done is taken back by itself."""
