"""Many stays put on a mandate's list at once, by the treatment codes that the insurance names (R-35)."""

import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.terminology.files import Unreadable
from emr.terminology.files.tables import Formula, read_lines
from encounters.inspections.models import Mandate
from encounters.inspections.services import list_chart
from encounters.visits.models import Encounter
from patients.registry.access import patients_for

MOST = 500
_BETWEEN = re.compile(r"[\s,;]+")
FOUND, LISTED, DOUBLED, CLOSELY, SEVERAL, MISSING = (
    "found", "listed", "doubled", "closely", "several", "missing",
)  # fmt: skip
WORDS: dict[str, StrOrPromise] = {
    FOUND: pgettext_lazy("treatment code", "found"),
    LISTED: pgettext_lazy("treatment code", "on the list already"),
    DOUBLED: pgettext_lazy("treatment code", "named before"),
    CLOSELY: pgettext_lazy("treatment code", "kept closely: list it by itself"),
    SEVERAL: pgettext_lazy("treatment code", "several stays: list it by itself"),
    MISSING: pgettext_lazy("treatment code", "not found"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One code as it was pasted, what is known of it (a key of WORDS), and its stay where there is one."""

    code: str
    state: str
    stay: Encounter | None = None

    @property
    def words(self) -> StrOrPromise:
        """Its state for a person."""
        return WORDS[self.state]


def codes_in(text: str) -> list[str]:
    """The codes of a pasted column, in their order. Raises DomainError for more than `MOST`."""
    codes = [code for code in _BETWEEN.split(text.strip()) if code]
    if len(codes) > MOST:
        raise DomainError(_("At most %(count)d codes at once.") % {"count": MOST}, code="too_many")
    return codes


def codes_of_file(data: bytes) -> str:
    """The first column of a .csv or .xlsx file that holds codes, one a line; a head without a digit is left out.

    Raises DomainError where it can't be read.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            cells = [
                next((cell for cell in line if cell), "") for _number, line in read_lines(Path(file.name))
            ]
        except Unreadable as error:
            raise DomainError(str(error), code="unreadable", field="file") from error
    if any(isinstance(cell, Formula) for cell in cells):
        raise DomainError(
            _("The file holds formulas: paste the codes as text."), code="formula", field="file"
        )
    return "\n".join(str(cell) for cell in cells if any(letter.isdigit() for letter in str(cell)))


def check_codes(mandate: Mandate, codes: Sequence[str], by: User) -> list[Checked]:
    """What each code leads to, within the person's own reach; three queries however many. Changes nothing."""
    reached = patients_for(by, at_the_desk=False).order_by().values("pk")
    stays = (
        Encounter.objects.filter(
            Q(identifier__in=codes) | Q(admission_number__in=codes),
            facility_id=mandate.facility_id,
            patient__in=reached,
        )
        .exclude(status="entered-in-error")
        .select_related("patient", "department")
    )
    known: dict[str, list[Encounter]] = defaultdict(list)
    for stay in stays:
        for number in {stay.identifier, stay.admission_number} - {""}:
            known[number].append(stay)
    charts = list(mandate.charts.values_list("encounter", "patient"))
    listed = {stay for stay, _patient in charts}
    whole = {patient for stay, patient in charts if not stay}
    named: set[int | str] = set()
    return [_checked(code, known.get(code, []), listed, whole, named) for code in codes]


def _checked(
    code: str, stays: list[Encounter], listed: set[int], whole: set[int], named: set[int | str]
) -> Checked:
    if len(stays) != 1:
        doubled = code in named
        named.add(code)
        return Checked(code, DOUBLED if doubled else SEVERAL if stays else MISSING)
    stay = stays[0]
    if stay.pk in named:
        return Checked(code, DOUBLED, stay)
    named.add(stay.pk)
    if stay.pk in listed or stay.patient_id in whole:
        return Checked(code, LISTED, stay)
    return Checked(code, CLOSELY if stay.patient.is_restricted else FOUND, stay)


@transaction.atomic
def list_codes(*, mandate: Mandate, codes: Sequence[str], by: User) -> int:
    """Put the stays of all codes that were found on the list, none of the others; how many. Sent again: none twice.

    Raises DomainError by `code`: not_prepared.
    """
    if not Mandate.objects.get(pk=mandate.pk).is_prepared:
        message = _("This mandate isn't being prepared any more: what it lists stays.")
        raise DomainError(message, code="not_prepared")
    found = [row.stay for row in check_codes(mandate, codes, by) if row.state == FOUND and row.stay]
    for stay in found:
        list_chart(mandate=mandate, patient=stay.patient, encounter=stay, by=by)
    return len(found)
