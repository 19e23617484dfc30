"""What the checks say of an entry's draft medicines, and what is answered."""

import datetime as dt
import re
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from emr.common.clock import local_today
from emr.terminology.models import Concept
from emr.terminology.selectors.lookup import valid_on
from encounters.documents.models import Document
from encounters.orders.checks import Alert, Facts, Item, Rule, check
from encounters.orders.models import CheckAnswer, KnowledgeRule, MedicationRequest, Order
from encounters.orders.providers import weight_of
from encounters.orders.selectors.catalogue import in_force
from encounters.orders.selectors.days import days_of
from encounters.orders.selectors.ingredients import parts, plain
from encounters.orders.selectors.prescriptions import CONTROL_OF, as_orders, beside, lines_of
from encounters.visits.models import Condition, Encounter
from patients.history.selectors import summary_of

_MASS = {"mg": Decimal(1), "g": Decimal(1000), "mcg": Decimal("0.001"), "ug": Decimal("0.001")}
# "500 mg", "1 g/100 ml", "0,25 mg": the amount in one unit; "10 mg/ml" says no volume of the unit and isn't used.
_STRENGTH = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(mg|g|mcg)(?:/\d.*)?$")
# ICD-10 chapter XV and the codes of a pregnant state.
_PREGNANT = re.compile(r"^(O(?!8[5-9]|9[0-2])|Z3[345])")


def _milligrams(order: MedicationRequest, strength: str) -> Decimal | None:
    dose = max((step.dose for step in order.taper), default=order.dose)
    if order.dose_unit in _MASS:
        return dose * _MASS[order.dose_unit]
    found = _STRENGTH.match(strength.strip())
    if found is None or order.dose_unit not in {"vien", "ong", "lo", "goi", "chai"}:
        return None
    return dose * Decimal(found[1].replace(",", ".")) * _MASS[found[2]]


def _times(order: MedicationRequest) -> Decimal | None:
    if order.most_per_day and order.dose:
        return Decimal(order.most_per_day) / Decimal(order.dose)
    return Decimal(order.times_per_day) if order.times_per_day else None


def running_on(encounter_id: int, day: dt.date, *, entry: Document | None = None) -> list[MedicationRequest]:
    """The stay's medicines in effect or held on the day, by place; with `entry`, its drafts too. One query."""
    drafts = Q(entry=entry, status=Order.Status.DRAFT) if entry is not None else Q()
    found = (
        MedicationRequest.objects.filter(encounter_id=encounter_id)
        .filter(drafts | Q(status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD]))
        .select_related("entry")
        .order_by("position", "pk")
    )
    return [order for order in found if order.status == Order.Status.DRAFT or days_of(order)[1] >= day]


def _items_of_entry(entry: Document) -> list[Item]:
    """The entry's drafts in their order, behind what else is in effect today for the stay."""
    found = running_on(entry.encounter_id, timezone.localdate(entry.happened_at), entry=entry)
    drafts = [order for order in found if order.status == Order.Status.DRAFT]
    carried_on = {order.based_on_id for order in drafts}
    return _items(
        [order for order in found if order.status != Order.Status.DRAFT and order.pk not in carried_on],
        drafts,
    )


def _items(running: list[MedicationRequest], asked: list[MedicationRequest]) -> list[Item]:
    """What is checked: `asked`, beside what is `running`. One query."""
    known = {
        concept.code: concept
        for concept in Concept.objects.filter(
            valid_on(local_today()),
            system__code="medicine",
            code__in={order.code for order in [*running, *asked] if order.code},
        )
    }
    items = []
    checked = {id(order) for order in asked}
    for order in [*running, *asked]:
        concept = known.get(order.code)
        properties = concept.properties if concept else {}
        named = order.ingredient or properties.get("ingredient", "") or order.text
        items.append(
            Item(
                uuid=str(order.uuid),
                text=order.text,
                parts=tuple(parts(named)),
                is_draft=id(order) in checked,
                dose=_milligrams(order, str(properties.get("strength", ""))),
                times_per_day=_times(order),
            )
        )
    return items


def _facts(encounter: Encounter) -> Facts:
    patient = encounter.patient
    summary = summary_of(patient)
    codes = [problem.code for problem in summary.problems]
    codes += Condition.objects.filter(encounter=encounter, status=Condition.Status.CONFIRMED).values_list(
        "code", flat=True
    )
    birth = patient.birth_date
    today = local_today()
    age = None
    if birth is not None:
        age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    elif patient.birth_year:
        age = today.year - patient.birth_year
    return Facts(
        allergies=tuple((a.substance, plain(a.substance)) for a in summary.allergies),
        age=age,
        weight=weight_of(encounter),
        is_pregnant=patient.sex == "female" and any(_PREGNANT.match(code) for code in codes),
    )


def _rules(facility_id: int) -> list[Rule]:
    rows = in_force(KnowledgeRule.objects.filter(facility_id=facility_id))
    return [
        Rule(
            code=row.code,
            kind=row.kind,
            subject=plain(row.subject),
            other=plain(row.other),
            level=row.level or KnowledgeRule.Level.INLINE,
            population=row.population,
            unit=row.unit,
            most_per_dose=row.most_per_dose,
            most_per_day=row.most_per_day,
            text=row.text,
            advice=row.advice,
            source=row.source,
        )
        for row in rows
    ]


def alerts_of(entry: Document) -> list[Alert]:
    """What the checks say of the entry's draft medicines, the gravest first; a fixed number of queries."""
    if entry.code in CONTROL_OF:
        return alerts_of_prescription(entry)
    items = _items_of_entry(entry)
    if not any(item.is_draft for item in items):
        return []
    return check(items, _facts(entry.encounter), _rules(entry.facility_id))


def alerts_about(encounter: Encounter, asked: list[MedicationRequest], *, on: dt.date) -> list[Alert]:
    """What the checks say of these medicines, saved or not, beside what else is in effect on the day; the gravest first.

    A fixed number of queries.
    """
    if not asked:
        return []
    numbers = {order.pk for order in asked if order.pk}
    running = [order for order in running_on(encounter.pk, on) if order.pk not in numbers]
    return check(_items(running, asked), _facts(encounter), _rules(encounter.facility_id))


def alerts_of_prescription(document: Document) -> list[Alert]:
    """What the checks say of a prescription's lines, beside the patient's other prescriptions of the day.

    The ward's orders don't count: the patient goes home.
    """
    asked = as_orders(lines_of(document))
    if not asked:
        return []
    others = as_orders(beside(document))
    return check(_items(others, asked), _facts(document.encounter), _rules(document.facility_id))


def answers_of(entry: Document) -> dict[tuple[str, str], CheckAnswer]:
    """(order, question): the answer."""
    return {
        (str(answer.order_uuid), answer.key): answer for answer in CheckAnswer.objects.filter(entry=entry)
    }


def unanswered(entry: Document) -> list[Alert]:
    """The questions that stop the entry from being confirmed."""
    answered = answers_of(entry)
    return [
        alert
        for alert in alerts_of(entry)
        if alert.level == KnowledgeRule.Level.INTERRUPT and (alert.order_uuid, alert.key) not in answered
    ]
