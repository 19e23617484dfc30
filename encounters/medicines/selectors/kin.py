"""Which orders are one medicine to who gives it: the round makes a new row each day, what went in stands at the old ones."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from encounters.medicines.models import MedicationAdministration
from encounters.orders.models import MedicationRequest


@dataclass(frozen=True, slots=True)
class Went:
    """What went in: when, how much, in which unit (code of system dose-unit)."""

    at: dt.datetime
    amount: Decimal
    unit: str


def kin_of(orders: Collection[MedicationRequest]) -> dict[int, frozenset[int]]:
    """{order: all orders that are the same medicine, itself among them}, of any number of orders in one query.

    The same are an order and the one that it was carried on from (FHIR basedOn), however far back and forth, unless
    another medicine was written in its place; and orders of one stay that are given when needed and have the same
    catalogue code: who stops paracetamol and orders it anew an hour later doesn't begin its day anew. Another strength
    or route ordered beside it has another code and isn't counted, as its amounts can't be added; nor is what is given by
    the clock, whose dose the doctor has decided beside the one when needed.
    """
    stays = {order.encounter_id for order in orders}
    if not stays:
        return {}
    rows = MedicationRequest.objects.filter(encounter__in=stays).order_by("pk")
    fields = ("based_on", "encounter", "code", "ingredient", "as_needed")
    known = {row.pk: row for row in rows.only(*fields)}
    groups = {pk: {pk} for pk in known}

    def join(one: int, other: int) -> None:
        if groups[one] is not groups[other]:
            groups[one] |= groups[other]
            for pk in groups[other]:
                groups[pk] = groups[one]

    first: dict[tuple[int, str], int] = {}
    for pk, row in known.items():
        before = known.get(row.based_on_id or 0)
        if before is not None and _is_same(row, before):
            join(before.pk, pk)
        if row.as_needed and row.code:
            join(first.setdefault((row.encounter_id, row.code), pk), pk)
    return {order.pk: frozenset(groups[order.pk]) for order in orders}


def _is_same(row: MedicationRequest, before: MedicationRequest) -> bool:
    """Whether a line that was carried on still is of that medicine; of one without a code nobody can say, so it is."""
    if row.code == before.code or not (row.code and before.code):
        return True
    return bool(row.ingredient) and row.ingredient.casefold() == before.ingredient.casefold()


def given_along(
    orders: Sequence[MedicationRequest], since: dt.datetime, until: dt.datetime
) -> dict[int, list[Went]]:
    """{order: what went in between the two instants, of it and its kin, oldest first}; two queries, none for none."""
    kin = kin_of(orders)
    if not kin:
        return {}
    found = (
        MedicationAdministration.objects.filter(
            dose__order__in=frozenset().union(*kin.values()),
            amount__isnull=False,
            happened_at__gt=since,
            happened_at__lt=until,
        )
        .exclude(status=MedicationAdministration.Status.ENTERED_IN_ERROR)
        .order_by("happened_at", "pk")
        .values_list("dose__order", "happened_at", "amount", "dose__unit")
    )
    rows = list(found)
    return {
        pk: [
            Went(at, amount, unit)
            for order, at, amount, unit in rows
            if order in members and amount is not None
        ]
        for pk, members in kin.items()
    }
