"""The day's disclosure of medicines to each patient of a ward, for the room where it is confirmed."""

import datetime as dt
from collections.abc import Collection

from encounters.documents.daily import Told
from encounters.documents.models import Document
from encounters.medicines import official
from encounters.medicines.models import ShiftSheet
from encounters.medicines.selectors.sheets import disclosed_by_stay
from encounters.medicines.services.sheets import disclose


class MedicinesDisclosure:
    """What was given from one midnight to the next, whoever gave it, as the sheet CK-THUOC."""

    code = official.DISCLOSED.code
    compose = staticmethod(disclose)

    def told(self, stay_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> dict[int, Told]:
        """Three queries for any number of stays."""
        lines = disclosed_by_stay(stay_ids, start, end)
        made = ShiftSheet.objects.filter(
            encounter__in=list(lines), code=self.code, starts_at=start, ends_at=end
        ).exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        sheets = {
            sheet.encounter_id: sheet.document
            for sheet in made.select_related("document__current_version").order_by("pk")
        }
        return {stay: _told(rows, sheets.get(stay)) for stay, rows in lines.items()}


def _told(rows: list[dict[str, object]], document: Document | None) -> Told:
    version = document.current_version if document is not None else None
    if version is None:
        return Told(len(rows))
    return Told(len(rows), document, version.composition["sections"][official.SECTION]["rows"] == rows)
