"""One stay's doses as a nurse sees them: what is due, late, done, and by whom."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.clock import now
from emr.terminology.models import Concept
from emr.terminology.selectors import displays
from encounters.medicines.models import (
    DueDose,
    GivingRule,
    InfusionStep,
    MedicationAdministration,
    ReactionTest,
)
from encounters.medicines.selectors.amounts import went_in
from encounters.medicines.selectors.reactions import latest_test, minutes_for, tests_of_stay
from encounters.medicines.selectors.reasons import late_minutes, missed_hours
from encounters.medicines.selectors.regimens import ScaleShown, scales_shown
from encounters.medicines.selectors.tables import rules_for, rules_in_force
from encounters.orders.models import MedicationRequest, Order
from encounters.orders.wording import number_text
from encounters.results.vital_signs import VITAL_SIGNS
from encounters.visits.models import Encounter

STATES: dict[str, tuple[StrOrPromise, str]] = {
    "overdue": (pgettext_lazy("dose", "Late"), "danger"),
    "missed": (pgettext_lazy("dose", "Missed"), "danger"),
    "due": (pgettext_lazy("dose", "Due now"), "warning"),
    "later": (pgettext_lazy("dose", "Later"), "neutral"),
    "running": (pgettext_lazy("dose", "Running"), "info"),
    "given": (pgettext_lazy("dose", "Given"), "success"),
    "given-late": (pgettext_lazy("dose", "Given late"), "success"),
    "partial": (pgettext_lazy("dose", "Given in part"), "warning"),
    "not-given": (pgettext_lazy("dose", "Skipped"), "neutral"),
    "held": (pgettext_lazy("dose", "Held"), "neutral"),
    "ended": (pgettext_lazy("dose", "Not wanted any more"), "neutral"),
}
OPEN_STATES = frozenset({"overdue", "missed", "due", "later"})


@dataclass(slots=True)
class DoseLine:
    """A dose with its state, who answered it, and what is asked before it goes in."""

    dose: DueDose
    state: str
    unit: str
    route: str
    standing: MedicationAdministration | None = None
    steps: list[InfusionStep] = field(default_factory=list)
    is_high_alert: bool = False
    asks: list[str] = field(default_factory=list)
    # After how many minutes a reaction test is read, where one is asked for; the newest that counts.
    test_minutes: int | None = None
    test: ReactionTest | None = None
    reason: str = ""
    # How much by the newest value, of an open dose whose order has a scale.
    scale: ScaleShown | None = None

    @property
    def title(self) -> StrOrPromise:
        """The state in words."""
        return STATES[self.state][0]

    @property
    def kind(self) -> str:
        """The state's badge."""
        return STATES[self.state][1]

    @property
    def is_open(self) -> bool:
        """It waits for an answer."""
        return self.state in OPEN_STATES

    @property
    def is_paused(self) -> bool:
        """Of an infusion: it stands still."""
        return bool(self.steps) and self.steps[-1].kind == InfusionStep.Kind.PAUSE

    @property
    def amount_text(self) -> str:
        """What is ordered at this time: 1 viên."""
        if self.dose.order.scale:
            return _("by the scale")
        return f"{number_text(self.dose.amount)} {self.unit}"

    @property
    def given_text(self) -> str:
        """What went in: 0,5 viên."""
        return went_in(self.standing, self.unit) if self.standing is not None else ""


def state_of(
    dose: DueDose,
    at: dt.datetime,
    *,
    late: int,
    missed: int,
    standing: MedicationAdministration | None = None,
) -> str:
    """One of STATES at an instant; `late` in minutes, `missed` in hours."""
    limit = dose.due_at + dt.timedelta(minutes=late)
    if dose.outcome == DueDose.Outcome.GIVEN:
        return "given-late" if standing is not None and standing.happened_at > limit else "given"
    if dose.outcome:
        return str(dose.outcome)
    if dose.ended == DueDose.Ended.HELD or (not dose.ended and dose.order.status == Order.Status.ON_HOLD):
        return "held"
    if dose.ended:
        return "ended"
    begins = dose.due_at - dt.timedelta(minutes=late)
    steps = ((dose.due_at + dt.timedelta(hours=missed), "missed"), (limit, "overdue"), (begins, "due"))
    return next((state for since, state in steps if at > since), "later")


def doses_of_stay(encounter: Encounter, start: dt.datetime, end: dt.datetime) -> list[DoseLine]:
    """Doses due from `start` to `end`, and what is still unanswered or running from before.

    Eight queries whatever their number, eleven where an order has a scale.
    """
    waiting = Q(due_at__lt=start, outcome="", ended="") | Q(outcome="running")
    found = list(
        DueDose.objects.filter(encounter=encounter)
        .filter(Q(due_at__gte=start, due_at__lt=end) | waiting)
        .select_related("order__entry", "order__requester", "tray")
        .prefetch_related(
            Prefetch(
                "administrations",
                MedicationAdministration.objects.exclude(
                    status=MedicationAdministration.Status.ENTERED_IN_ERROR
                )
                .select_related("performer", "witness")
                .prefetch_related("steps"),
                to_attr="standing_rows",
            )
        )
        .order_by("due_at", "order__position", "pk")
    )
    lines = lines_of(found, encounter.facility_id, tests=tests_of_stay(encounter))
    units = {line.dose.pk: line.unit for line in lines}
    shown = scales_shown(encounter, [(dose, units[dose.pk]) for dose in found], now())
    for line in lines:
        line.scale = shown.get(line.dose.pk)
    return lines


def lines_of(
    doses: Sequence[DueDose], facility_id: int, *, tests: list[ReactionTest], at: dt.datetime | None = None
) -> list[DoseLine]:
    """The doses (with `standing_rows`) as lines; codes are named together."""
    moment, late, missed = at or now(), late_minutes(facility_id), missed_hours(facility_id)
    names = displays(
        {("dose-unit", dose.unit) for dose in doses}
        | {("medicine-route", dose.order.route) for dose in doses}
    )
    rules = list(rules_in_force(facility_id))
    alert = alert_codes({dose.order.code for dose in doses if dose.order.code})
    lines = []
    for dose in doses:
        rows: list[MedicationAdministration] = dose.standing_rows  # type: ignore[attr-defined]  # prefetched
        standing = rows[0] if rows else None
        asked = rules_for(dose.order, rules)
        lines.append(
            DoseLine(
                dose=dose,
                state=state_of(dose, moment, late=late, missed=missed, standing=standing),
                unit=names.get(("dose-unit", dose.unit), dose.unit),
                route=names.get(("medicine-route", dose.order.route), dose.order.route),
                standing=standing,
                steps=list(standing.steps.all()) if standing is not None else [],
                is_high_alert=dose.order.code in alert or any(rule.second_nurse for rule in asked),
                test_minutes=minutes_for(dose.order, rules),
                test=latest_test(dose.order, tests, rules),
                asks=[_asked(rule) for rule in asked if rule.vital_sign in VITAL_SIGNS]
                + [_("not while %(condition)s") % {"condition": hold.words} for hold in dose.order.holds],
            )
        )
    return lines


def _asked(rule: GivingRule) -> str:
    sign = VITAL_SIGNS[rule.vital_sign]
    limits = [f"≥ {number_text(rule.low)}"] if rule.low is not None else []
    limits += [f"≤ {number_text(rule.high)}"] if rule.high is not None else []
    return " ".join([str(sign.title), *limits, str(sign.unit)])


def alert_codes(codes: set[str]) -> set[str]:
    """Those of the catalogue's codes that are high-alert medicines. One query, none for none."""
    if not codes:
        return set()
    found = Concept.objects.filter(system__code="medicine", code__in=codes, properties__high_alert=True)
    return set(found.values_list("code", flat=True))


def needed_orders(encounter: Encounter) -> list[MedicationRequest]:
    """What may be given when needed, at this moment."""
    return list(
        MedicationRequest.objects.filter(
            encounter=encounter, status=Order.Status.ACTIVE, as_needed=True
        ).select_related("entry")
    )
