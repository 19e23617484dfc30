"""Kinds of record (Annex XXVIII TT 32/2023): which there are, which a department usually opens, until when it may change."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from encounters.visits.models import Encounter

INPATIENT = [
    ("01/BV1", _("Internal medicine")),
    ("02/BV1", _("Paediatrics")),
    ("03/BV1", _("Infectious diseases")),
    ("04/BV1", _("Gynaecology")),
    ("05/BV1", _("Obstetrics")),
    ("06/BV1", _("Newborn")),
    ("07/BV1", _("Psychiatry")),
    ("08/BV1", _("Dermatology")),
    ("09/BV1", _("Haematology, transfusion")),
    ("10/BV1", _("Surgery")),
    ("11/BV1", _("Burns")),
    ("12/BV1", _("Oncology")),
    ("13/BV1", _("Odonto-stomatology")),
    ("14/BV1", _("Ear, nose and throat")),
    ("18/BV1", _("Traditional medicine")),
    ("20/BV1", _("Traditional medicine, children")),
    ("21/BV1", _("Eye: trauma")),
    ("22/BV1", _("Eye: anterior segment")),
    ("23/BV1", _("Eye: fundus")),
    ("24/BV1", _("Eye: glaucoma")),
    ("25/BV1", _("Eye: strabismus, ptosis")),
    ("26/BV1", _("Eye: children")),
    ("27/BV1", _("Rehabilitation")),
    ("28/BV1", _("Rehabilitation, children")),
]
OUTPATIENT = [
    ("15/BV1", _("Outpatient, general")),
    ("16/BV1", _("Outpatient, dental")),
    ("17/BV1", _("Commune health station")),
    ("19/BV1", _("Outpatient, traditional medicine")),
    ("29/BV1", _("Outpatient, rehabilitation")),
]
GENERAL = "01/BV1"
# The ministry's department codes (the first three characters): what each usually opens; all others the general record.
_USUAL = {
    "K10": "09/BV1",
    "K11": "03/BV1",
    "K13": "08/BV1",
    "K15": "07/BV1",
    "K16": "18/BV1",
    "K18": "02/BV1",
    "K19": "10/BV1",
    "K20": "10/BV1",
    "K21": "10/BV1",
    "K22": "10/BV1",
    "K23": "10/BV1",
    "K24": "10/BV1",
    "K25": "11/BV1",
    "K26": "10/BV1",
    "K27": "05/BV1",
    "K28": "14/BV1",
    "K29": "13/BV1",
    "K30": "22/BV1",
    "K31": "27/BV1",
    "K33": "12/BV1",
    "K34": "09/BV1",
}
_CHILD = {GENERAL: "02/BV1", "18/BV1": "20/BV1", "22/BV1": "26/BV1", "27/BV1": "28/BV1"}
_NEWBORN = {"02/BV1", "05/BV1"}
_UNTIL_CHILD = 16 * 12
_GYNAECOLOGICAL = ("N", "C", "D")


def usual_record_type(department: Organization | None, *, age_months: int | None, diagnosis: str = "") -> str:
    """The kind of record that a department usually opens for a patient of that age (completed months).

    Children of a general ward get the children's, the newborn of a children's or maternity ward the newborn's; a
    diagnosis (ICD-10) that is a gynaecological one opens the gynaecologist's. Only a suggestion.
    """
    found = _USUAL.get(department.code[:3] if department else "", GENERAL)
    if age_months is not None and age_months < _UNTIL_CHILD:
        found = _CHILD.get(found, found)
    if age_months == 0 and found in _NEWBORN:
        return "06/BV1"
    if found == "05/BV1" and diagnosis.startswith(_GYNAECOLOGICAL):
        return "04/BV1"
    return found


_settled: list[Callable[[Encounter], bool]] = []


def register_settled(ask: Callable[[Encounter], bool]) -> None:
    """Called by the room that keeps the record itself, in AppConfig.ready(): whether it is signed by anyone yet."""
    _settled.append(ask)


def is_settled(encounter: Encounter) -> bool:
    """Whether the stay's record is signed, so that its kind stays as it is."""
    return any(ask(encounter) for ask in _settled)
