"""The line above every chart says when the stay's record is closed, archived or reopened."""

from typing import Any

from django.utils.translation import gettext as _

from encounters.visits.codes import RecordState
from encounters.visits.models import Encounter
from patients.registry.banner import Part
from patients.registry.models import Patient


def record_parts(patient: Patient, encounter: Any) -> list[Part]:
    """The state of the stay shown, unless it is simply being written; no query."""
    if not isinstance(encounter, Encounter) or encounter.record_state == RecordState.OPEN:
        return []
    state = str(encounter.get_record_state_display())
    if encounter.record_state == RecordState.ARCHIVED:
        return [Part("state", f"{state} {encounter.archive_number}", kind="neutral", icon="archive")]
    if encounter.is_record_closed:
        return [Part("state", _("Record closed: %s") % state, kind="neutral", icon="lock")]
    return [Part("state", _("Record: %s") % state, kind="warning", icon="unlock")]
