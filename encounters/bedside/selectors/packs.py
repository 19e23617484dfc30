"""What stands in a ward's pack: who lies there, what must be known, what is ordered; the same few queries for any ward."""

from dataclasses import dataclass, field

from django.db.models import F

from emr.accounts.models import Organization
from encounters.bedside.models import Precaution
from encounters.bedside.selectors.ward import allergies_of
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.selectors.orders import AnyOrder, lines
from encounters.visits.models import Condition, Encounter, EncounterLocation
from patients.registry.models import Identifier

BACK_ENTRY_PREFIX = "BD1-"


@dataclass(slots=True)
class PackRow:
    """One patient of the pack; of one whose chart is kept closely the bed alone."""

    place: EncounterLocation
    is_hidden: bool
    number: str = ""
    allergies: list[str] = field(default_factory=list)
    precautions: list[str] = field(default_factory=list)
    diagnoses: list[str] = field(default_factory=list)
    medicines: list[tuple[str, list[str]]] = field(default_factory=list)
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
    allergies = allergies_of([row.place.encounter.patient for row in open_rows.values()])
    numbers = dict(
        Identifier.objects.filter(
            patient__in=[row.place.encounter.patient_id for row in open_rows.values()],
            is_own=True,
            is_active=True,
        ).values_list("patient_id", "value")
    )
    for row in open_rows.values():
        row.allergies = allergies.get(row.place.encounter.patient.root_id, [])
        row.number = numbers.get(row.place.encounter.patient_id, "")
    for precaution in Precaution.objects.filter(encounter__in=open_rows, ends_at=None):
        open_rows[precaution.encounter_id].precautions.append(str(precaution.get_kind_display()))
    for condition in Condition.objects.filter(encounter__in=open_rows, status="confirmed").order_by(
        "role", "rank"
    ):
        words = f"{condition.text} ({condition.code})" if condition.code else condition.text
        if words not in open_rows[condition.encounter_id].diagnoses:
            open_rows[condition.encounter_id].diagnoses.append(words)
    _add_orders(open_rows)
    return rows


def _add_orders(rows: dict[int, PackRow]) -> None:
    orders: list[AnyOrder] = []
    for model in (MedicationRequest, ServiceRequest):
        found = model.objects.filter(
            encounter__in=rows,
            status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD],
            confirmed_at__isnull=False,
        )
        orders += found.order_by("confirmed_at", "position", "pk")
    for order, line in zip(orders, lines(orders), strict=True):
        words = f"{line['text']} [{line['status_text']}]" if line["is_held"] else line["text"]
        if isinstance(order, MedicationRequest):
            rows[order.encounter_id].medicines.append((words, list(order.times)))
        else:
            rows[order.encounter_id].services.append(words)
