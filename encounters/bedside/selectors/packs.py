"""What stands in a ward's pack: who lies there, what must be known, what is ordered; the same few queries for any ward."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import F, Q, QuerySet

from emr.accounts.models import Organization
from encounters.bedside import neighbours
from encounters.bedside.models import Precaution
from encounters.bedside.selectors.pack_medicines import MedicineSheet, hours_words, sheets_of
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.selectors.orders import lines
from encounters.visits.models import Condition, Encounter, EncounterLocation
from patients.history.models import AllergyIntolerance
from patients.registry.models import Identifier

BACK_ENTRY_PREFIX = "BD1-"
_NONE_KNOWN = "Đã hỏi: không có dị ứng đã biết"
_TOLD_NONE = "Hệ thống khác ghi không dị ứng, khoa chưa hỏi lại"
_NEVER_ASKED = "CHƯA KHAI THÁC DỊ ỨNG"
OrderT = TypeVar("OrderT", MedicationRequest, ServiceRequest)


@dataclass(slots=True)
class PackRow:
    """One patient of the pack; of one whose chart is kept closely the bed alone."""

    place: EncounterLocation
    is_hidden: bool
    number: str = ""
    allergies: list[str] = field(default_factory=list)
    # What to read in the place of allergies where none is named: nobody asked, or none is known.
    no_allergy: str = ""
    precautions: list[str] = field(default_factory=list)
    diagnoses: list[str] = field(default_factory=list)
    medicines: MedicineSheet = field(default_factory=MedicineSheet)
    services: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """What the blank forms' QR says: opens the back-entry of this stay."""
        return f"{BACK_ENTRY_PREFIX}{self.place.encounter.identifier}"


def _places(department: Organization) -> list[EncounterLocation]:
    here = EncounterLocation.objects.filter(
        department=department, ends_at=None, cancelled_at=None, encounter__status=Encounter.Status.IN_PROGRESS
    ).exclude(encounter__encounter_class=Encounter.Class.AMBULATORY)
    return list(
        here.select_related("encounter__patient", "location").order_by(
            F("location__position").asc(nulls_last=True),
            "location__code",
            "encounter__patient__sort_key",
            "pk",
        )
    )


def pack_rows(department: Organization) -> list[PackRow]:
    """The department's patients in bed order, without regard to any reader: the pack is closed with the ward's code."""
    rows = [PackRow(place, place.encounter.patient.is_restricted) for place in _places(department)]
    open_rows = {row.place.encounter_id: row for row in rows if not row.is_hidden}
    allergies = _allergies_of([row.place.encounter.patient.root_id for row in open_rows.values()])
    numbers = dict(
        Identifier.objects.filter(
            patient__in=[row.place.encounter.patient_id for row in open_rows.values()],
            is_own=True,
            is_active=True,
        ).values_list("patient_id", "value")
    )
    for row in open_rows.values():
        found = allergies.get(row.place.encounter.patient.root_id, [])
        row.allergies = [_allergy_words(allergy) for allergy in found if not allergy.is_none_known]
        row.no_allergy = "" if row.allergies else _no_allergy(found)
        row.number = numbers.get(row.place.encounter.patient_id, "")
    for precaution in Precaution.objects.filter(encounter__in=open_rows, ends_at=None):
        open_rows[precaution.encounter_id].precautions.append(str(precaution.get_kind_display()))
    for condition in Condition.objects.filter(encounter__in=open_rows, status="confirmed").order_by(
        "role", "rank"
    ):
        words = f"{condition.text} ({condition.code})" if condition.code else condition.text
        if words not in open_rows[condition.encounter_id].diagnoses:
            open_rows[condition.encounter_id].diagnoses.append(words)
    _add_services(open_rows)
    _add_medicines(open_rows, department)
    return rows


def _allergies_of(roots: list[int]) -> dict[int, list[AllergyIntolerance]]:
    """{the person's first row: what is said of allergies, that none is known too}, of merged rows as well; one query."""
    of_person = Q(patient__in=roots) | Q(patient__merged_into__in=roots)
    found: dict[int, list[AllergyIntolerance]] = {}
    for row in (
        AllergyIntolerance.objects.filter(of_person, status="active").select_related("patient").order_by("pk")
    ):
        found.setdefault(row.patient.root_id, []).append(row)
    return found


def _allergy_words(allergy: AllergyIntolerance) -> str:
    return f"{allergy.substance} ({allergy.reaction})" if allergy.reaction else allergy.substance


def _no_allergy(found: Sequence[AllergyIntolerance]) -> str:
    """What another system says counts once somebody here has asked."""
    if not found:
        return _NEVER_ASKED
    return _NONE_KNOWN if any(not row.source or row.confirmed_at for row in found) else _TOLD_NONE


def _add_services(rows: dict[int, PackRow]) -> None:
    for order, words in _worded(list(_in_effect(ServiceRequest, rows))):
        rows[order.encounter_id].services.append(words)


def _add_medicines(rows: dict[int, PackRow], department: Organization) -> None:
    orders: list[MedicationRequest] = list(_in_effect(MedicationRequest, rows))
    sheets = sheets_of(list(rows), [order for order in orders if order.as_needed])
    for stay, sheet in sheets.items():
        rows[stay].medicines = sheet
    hours = neighbours.ward_hours(department)
    for order, words in _worded(orders):
        sheets[order.encounter_id].orders.append((words, hours_words(order, hours)))


def _in_effect(model: type[OrderT], rows: Collection[int]) -> QuerySet[OrderT]:
    found = model.objects.filter(
        encounter__in=rows, status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD], confirmed_at__isnull=False
    )
    return found.order_by("confirmed_at", "position", "pk")


def _worded(orders: Sequence[OrderT]) -> Iterator[tuple[OrderT, str]]:
    for order, line in zip(orders, lines(list(orders)), strict=True):
        yield order, f"{line['text']} [{line['status_text']}]" if line["is_held"] else line["text"]
