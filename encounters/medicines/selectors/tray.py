"""What a ward needs for a time, in total and by patient."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import Organization, User
from emr.terminology.selectors import displays
from encounters.medicines import permissions
from encounters.medicines.models import DueDose, MedicationAdministration, TrayReturn, WardTray
from encounters.orders.models import Order
from encounters.orders.wording import number_text
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import not_hidden


@dataclass(slots=True)
class TrayLine:
    """One medicine of the total. `key` names it among the tray's lines."""

    key: str
    code: str
    text: str
    unit: str
    unit_text: str
    supply: str
    supply_text: str
    amount: Decimal = Decimal(0)
    doses: int = 0

    def as_json(self) -> dict[str, Any]:
        """The line as the tray keeps it."""
        return {
            "key": self.key,
            "code": self.code,
            "text": self.text,
            "unit": self.unit,
            "unit_text": self.unit_text,
            "supply": self.supply,
            "supply_text": self.supply_text,
            "amount": number_text(self.amount),
            "doses": self.doses,
        }


def wanted_doses(
    user: User, department: Organization, start: dt.datetime, end: dt.datetime
) -> QuerySet[DueDose]:
    """Unanswered doses of the patients who are in the department now and whom the person may see, on no tray yet;
    patients' own medicines left out.
    """
    return (
        DueDose.objects.filter(
            not_hidden(user, permissions.PREPARE, "encounter__patient"),
            facility_id=department.parent_id,
            encounter__department=department,
            encounter__status=Encounter.Status.IN_PROGRESS,
            due_at__gte=start,
            due_at__lt=end,
            outcome="",
            ended="",
            tray=None,
            order__status__in=[Order.Status.ACTIVE, Order.Status.COMPLETED],
        )
        .exclude(order__supply="own")
        .select_related("order", "encounter__patient")
        .order_by("due_at", "pk")
    )


def line_key(dose: DueDose) -> str:
    """Doses with the same key are one line of the total."""
    order = dose.order
    by_scale = "|scale" if order.scale else ""
    return f"{order.code or order.text}|{dose.unit}|{order.origin or order.supply}{by_scale}"


def totals_of(doses: Iterable[DueDose]) -> list[TrayLine]:
    """The doses added up by medicine, unit and where it comes from, by name. One query."""
    rows = list(doses)
    names = displays({("dose-unit", dose.unit) for dose in rows})
    lines: dict[str, TrayLine] = {}
    for dose in rows:
        order = dose.order
        with override("vi"):
            supply = order.origin or str(order.get_supply_display())
            text = _("%(text)s (by the scale: at most)") % {"text": order.text} if order.scale else order.text
        line = lines.setdefault(
            line_key(dose),
            TrayLine(
                key=line_key(dose),
                code=order.code,
                text=text,
                unit=dose.unit,
                unit_text=names.get(("dose-unit", dose.unit), dose.unit),
                supply=order.origin or order.supply,
                supply_text=supply,
            ),
        )
        line.amount += dose.amount
        line.doses += 1
    return sorted(lines.values(), key=lambda line: (line.supply_text, line.text))


@dataclass(slots=True)
class Portion:
    """What one patient gets at one time."""

    encounter: Encounter
    bed: str
    at: dt.datetime
    doses: list[DueDose]


def portions_of(doses: Sequence[DueDose]) -> list[Portion]:
    """The doses by patient and time, by bed. One query."""
    places = EncounterLocation.objects.filter(ends_at=None, cancelled_at=None).select_related("location")
    stays = Encounter.objects.select_related("patient").prefetch_related(
        Prefetch("locations", places, to_attr="present")
    )
    whole = {stay.pk: stay for stay in stays.filter(pk__in={dose.encounter_id for dose in doses})}
    found: dict[tuple[int, dt.datetime], Portion] = {}
    for dose in doses:
        stay = whole[dose.encounter_id]
        key = (stay.pk, dose.due_at)
        found.setdefault(key, Portion(stay, bed_of(stay), dose.due_at, [])).doses.append(dose)
    return sorted(found.values(), key=lambda portion: (portion.bed, portion.encounter.pk, portion.at))


def bed_of(stay: Encounter) -> str:
    """The bed's name, of a stay whose present places were fetched; "" without one."""
    present: list[EncounterLocation] = stay.present  # type: ignore[attr-defined]  # prefetched
    for place in present:
        return place.location.name if place.location is not None else place.location_as_sent
    return ""


def doses_of_tray(user: User, tray: WardTray) -> list[DueDose]:
    """The tray's doses, of patients whom the person may see (S-05), with what was done with each (`standing_rows`); three
    queries.
    """
    held = MedicationAdministration.objects.exclude(status="entered-in-error").select_related("performer")
    return list(
        DueDose.objects.filter(not_hidden(user, permissions.PREPARE, "encounter__patient"), tray=tray)
        .select_related(
            "order", "encounter__patient", "encounter__department", "encounter__facility", "patient"
        )
        .prefetch_related(Prefetch("administrations", held, to_attr="standing_rows"), "returned")
        .order_by("encounter__pk", "due_at", "pk")
    )


def returns_of_tray(user: User, tray: WardTray) -> QuerySet[TrayReturn]:
    """What came back from the tray, of patients whom the person may see."""
    shown = not_hidden(user, permissions.PREPARE, "dose__encounter__patient")
    return TrayReturn.objects.filter(shown, tray=tray).select_related("dose__order", "by")


def trays_of(departments: Sequence[Organization]) -> QuerySet[WardTray]:
    """The departments' trays, the newest first."""
    return WardTray.objects.filter(department__in=departments).select_related("department", "filled_by")
