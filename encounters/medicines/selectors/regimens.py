"""What an order's own regimen says of a dose: its amount by a measured value, what forbids it, what its scale shows now."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.terminology.selectors import displays
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.medicines.selectors.kin import kin_of
from encounters.orders.models import MedicationRequest
from encounters.orders.regimens import SIGNS as NAMED
from encounters.orders.regimens import Scale, ScaleLine, sign_name
from encounters.orders.wording import number_text
from encounters.results.models import Observation
from encounters.results.selectors.measurements import current_observations
from encounters.results.vital_signs import SIGNS
from encounters.visits.models import Encounter

HOLDS_WITHIN = 60
# Times are written by the minute: a value of the dose's own minute went before it, a later one didn't.
_AFTERWARDS = dt.timedelta(minutes=1)
# The reason of a dose that the scale itself left out; no word of the facility's list.
BY_THE_SCALE = "scale"


def measured(order: MedicationRequest, sign: str, at: dt.datetime, minutes: int) -> Observation | None:
    """The newest value of the sign that holds, of the minutes before `at`. One query."""
    since = at - dt.timedelta(minutes=minutes)
    found = current_observations(order.encounter).filter(
        code=SIGNS[sign].loinc, effective_at__gte=since, effective_at__lte=at + _AFTERWARDS
    )
    return found.last()


def demand_not_held(order: MedicationRequest, at: dt.datetime) -> None:
    """Refuse while a condition of the order forbids its dose, and while nobody has measured. One query a condition."""
    for hold in order.holds:
        found = measured(order, hold.sign, at, HOLDS_WITHIN)
        if found is None:
            raise DomainError(
                _("Measure first: %(sign)s within the last %(minutes)d minutes (%(name)s).")
                % {"sign": sign_name(hold.sign), "minutes": HOLDS_WITHIN, "name": order.text},
                code="not_measured",
            )
        if hold.stops(found.value):
            raise DomainError(
                _("%(value)s: the order says not to give %(name)s while %(condition)s.")
                % {"value": value_words(hold.sign, found), "name": order.text, "condition": hold.words},
                code="outside_limits",
            )


@dataclass(frozen=True, slots=True)
class ByScale:
    """How much the scale says, by which value."""

    amount: Decimal
    observation: Observation
    line: ScaleLine
    words: str


def by_scale(dose: DueDose, at: dt.datetime) -> ByScale:
    """What the order's scale says of the newest value. Raises DomainError `not_measured`, `outside_scale`.

    A value is good for one dose of its order, and of those that it carries on: the next one is measured anew. The caller
    holds the order's row.
    """
    order = dose.order
    scale = order.by_scale
    if scale is None:
        raise DomainError(_("This order has no scale."), code="no_scale")
    found = measured(order, scale.sign, at, scale.within_minutes)
    if found is None or _is_used(dose, found):
        raise DomainError(
            _("Measure first: %(sign)s within the last %(minutes)d minutes (%(name)s).")
            % {"sign": sign_name(scale.sign), "minutes": scale.within_minutes, "name": order.text},
            code="not_measured",
        )
    line = scale.line_for(found.value)
    if line is None:
        raise DomainError(
            _("%(value)s: the scale of %(name)s says nothing of it; ask the doctor.")
            % {"value": value_words(scale.sign, found), "name": order.text},
            code="outside_scale",
        )
    unit = displays({("dose-unit", dose.unit)}).get(("dose-unit", dose.unit), dose.unit)
    return ByScale(line.dose, found, line, used_words(scale, line, found, unit))


def _is_used(dose: DueDose, found: Observation) -> bool:
    kin = kin_of([dose.order])[dose.order_id]
    rows = MedicationAdministration.objects.filter(dose__order__in=kin, observation=found)
    return rows.exclude(dose=dose.pk).exclude(status="entered-in-error").exists()


def value_words(sign: str, found: Observation) -> str:
    """Capillary glucose 10,4 mmol/L (07:42)."""
    return (
        f"{sign_name(sign)[:1].upper()}{sign_name(sign)[1:]} {number_text(found.value)} {NAMED[sign][1]} "
        f"({timezone.localtime(found.effective_at):%H:%M})"
    )


def used_words(scale: Scale, line: ScaleLine, found: Observation, unit: str) -> str:
    """The value and its line, for the record: in Vietnamese, whoever reads the page."""
    with translation.override("vi"):
        return f"{value_words(scale.sign, found)} → {line.words(unit)}"[:160]


@dataclass(frozen=True, slots=True)
class ScaleShown:
    """A scale on the page: its lines, which of them the newest value chooses, or what is to be measured."""

    measure: str
    value: str
    lines: list[tuple[str, bool]]
    chosen: ScaleLine | None
    chosen_text: str


def scales_shown(
    encounter: Encounter, doses: Iterable[tuple[DueDose, str]], at: dt.datetime
) -> dict[int, ScaleShown]:
    """{dose: its scale with the newest value}, of open doses that have one, each with its unit's name.

    Three queries, none without.
    """
    named = [(dose, unit) for dose, unit in doses if dose.is_open and dose.order.scale]
    units = {dose.pk: unit for dose, unit in named}
    wanted = {dose.pk: (dose, scale) for dose, _unit in named if (scale := dose.order.by_scale)}
    if not wanted:
        return {}
    since = at - dt.timedelta(minutes=max(scale.within_minutes for _dose, scale in wanted.values()))
    codes = {SIGNS[scale.sign].loinc for _dose, scale in wanted.values()}
    newest = {
        row.code: row
        for row in current_observations(encounter).filter(code__in=codes, effective_at__gte=since)
    }
    kin = kin_of([dose.order for dose, _scale in wanted.values()])
    used_by = set(
        MedicationAdministration.objects.filter(
            dose__order__in=frozenset().union(*kin.values()),
            observation__in=[row.pk for row in newest.values()],
        )
        .exclude(status="entered-in-error")
        .values_list("dose__order", "observation")
    )
    used = {(pk, value) for pk, members in kin.items() for order, value in used_by if order in members}
    return {
        pk: _shown((dose, units[pk]), scale, newest.get(SIGNS[scale.sign].loinc), at, used)
        for pk, (dose, scale) in wanted.items()
    }


def _shown(
    named: tuple[DueDose, str],
    scale: Scale,
    found: Observation | None,
    at: dt.datetime,
    used: set[tuple[int, int]],
) -> ScaleShown:
    dose, unit = named
    is_fresh = (
        found is not None
        and at - found.effective_at <= dt.timedelta(minutes=scale.within_minutes)
        and (dose.order_id, found.pk) not in used
    )
    chosen = scale.line_for(found.value) if found is not None and is_fresh else None
    wanted = {"sign": sign_name(scale.sign), "minutes": scale.within_minutes}
    return ScaleShown(
        measure="" if is_fresh else _("Measure first: %(sign)s, good for %(minutes)d minutes.") % wanted,
        value=value_words(scale.sign, found) if found is not None and is_fresh else "",
        lines=[(line.words(unit), line is chosen) for line in scale.lines],
        chosen=chosen,
        chosen_text=chosen.words(unit) if chosen is not None else "",
    )
