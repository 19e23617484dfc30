"""What rooms beside this one say of a ward's patients. Nothing else of this room knows them."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db.models import Prefetch, Q
from django.utils.translation import pgettext
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.ui.navigation import address
from encounters.medicines.models import DueDose, GivingTimes, MedicationAdministration, ReactionTest
from encounters.medicines.selectors.doses import DoseLine, lines_of
from encounters.medicines.selectors.reactions import latest_test
from encounters.medicines.selectors.tables import rules_in_force
from encounters.medicines.selectors.ward import DoseCounts, doses_by_stay
from encounters.medicines.times import read_times, usual_times
from encounters.monitoring.models import EarlyWarning
from encounters.monitoring.selectors import fluids as balance
from encounters.monitoring.selectors.fluids import Amount
from encounters.monitoring.selectors.warning import Warning, held_warnings, warnings_by_stay
from encounters.orders.models import Order
from encounters.results.models import Observation
from encounters.results.selectors import current_observations
from encounters.results.vital_signs import BY_LOINC
from encounters.visits.models import Encounter

__all__ = [
    "DoseCounts",
    "DoseLine",
    "Warning",
    "dose_lines",
    "doses_of",
    "fluids_between",
    "given_between",
    "infusions_of",
    "owed_doses",
    "pages_of",
    "scores_between",
    "signs_between",
    "ward_hours",
    "warnings_of",
]
# Whose unanswered doses nobody is to give, whether the doses themselves say so yet or not.
_NOT_TO_GIVE = [Order.Status.ON_HOLD, Order.Status.REVOKED, Order.Status.ENTERED_IN_ERROR]


def doses_of(
    stay_ids: Collection[int], start: dt.datetime, end: dt.datetime, facility_id: int
) -> Mapping[int, DoseCounts]:
    """{stay of the facility: its doses due within the hours}; stays without medicines are left out."""
    return doses_by_stay(stay_ids, start, end, facility_id)


def warnings_of(stay_ids: Collection[int]) -> Mapping[int, Warning]:
    """{stay: its newest early-warning score}; stays without one are left out."""
    return warnings_by_stay(stay_ids)


def dose_lines(stay_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> list[DoseLine]:
    """Of these stays (of one facility): doses unanswered and due before `until`, those answered after `since`, what runs;
    by the time when they are due. Ten queries at most, whatever their number.
    """
    standing = MedicationAdministration.objects.exclude(
        status=MedicationAdministration.Status.ENTERED_IN_ERROR
    )
    open_doses = Q(outcome="", ended="", due_at__lt=until) & ~Q(order__status__in=_NOT_TO_GIVE)
    answered = standing.filter(encounter__in=stay_ids, happened_at__gt=since).values("dose")
    doses = list(
        DueDose.objects.filter(open_doses | Q(outcome="running") | Q(pk__in=answered), encounter__in=stay_ids)
        .select_related("order")
        .prefetch_related(
            Prefetch(
                "administrations",
                standing.select_related("performer", "witness").prefetch_related("steps"),
                to_attr="standing_rows",
            )
        )
        .order_by("due_at", "order__position", "pk")
    )
    if not doses:
        return []
    facility_id = doses[0].facility_id
    lines, rules = lines_of(doses, facility_id, tests=[]), list(rules_in_force(facility_id))
    tests: dict[int, list[ReactionTest]] = {}  # a test counts for its own patient alone
    newest_first = ReactionTest.objects.filter(encounter__in=stay_ids).order_by("-started_at", "-pk")
    for test in newest_first.select_related("order"):
        tests.setdefault(test.encounter_id, []).append(test)
    for line in lines:
        line.test = latest_test(line.dose.order, tests.get(line.dose.encounter_id, []), rules)
    return lines


def ward_hours(department: Organization) -> Mapping[int, tuple[str, ...]]:
    """{times a day: the ward's hours}, 1 to 24, as `hours_for` says them one by one; one query."""
    today = local_today()
    rows = GivingTimes.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_to=None) | Q(valid_to__gte=today),
        facility_id=department.facility_id,
        department__in=["", department.code],
    ).order_by("department")  # the department's own come after, and count
    own = {row.times_per_day: tuple(read_times(row.times)) for row in rows}
    return {count: own.get(count) or usual_times(count) for count in range(1, 25)}


def pages_of(stay: Encounter) -> list[tuple[StrOrPromise, str]]:
    """(title, address) of the neighbours' pages of this patient; those that exist."""
    pages: list[tuple[StrOrPromise, str]] = [
        (pgettext("bedside", "Medicines"), "encounters:medicines:patient"),
        (pgettext("bedside", "Monitoring"), "encounters:monitoring:patient"),
    ]
    return [(title, url) for title, name in pages if (url := address(name, stay.uuid))]


# What stands beside a column of a care sheet: after `start`, up to and including `end`, oldest first.


def signs_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[Observation]:
    """Vital signs that hold; one query, as for all of these that don't say otherwise."""
    found = current_observations(stay).filter(code__in=BY_LOINC)
    return list(found.filter(effective_at__gt=start, effective_at__lte=end))


def scores_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[EarlyWarning]:
    """Early-warning scores that hold."""
    found = held_warnings().filter(encounter=stay, measured_at__gt=start, measured_at__lte=end)
    return list(found.order_by("measured_at", "pk"))


def fluids_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[Amount]:
    """Amounts in and out that hold, those that infusions brought in among them."""
    return [row for row in balance.fluids_between(stay, start, end) if row.happened_at > start]


def given_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[MedicationAdministration]:
    """Medicines given, begun or left out, with their orders."""
    found = MedicationAdministration.objects.filter(
        encounter=stay, happened_at__gt=start, happened_at__lte=end
    )
    found = found.exclude(status=MedicationAdministration.Status.ENTERED_IN_ERROR)
    return list(found.select_related("dose__order", "performer").order_by("happened_at", "pk"))


def infusions_of(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[MedicationAdministration]:
    """What was begun up to `end` and runs, or ended after `start`, with its steps; two queries."""
    runs = Q(status=MedicationAdministration.Status.IN_PROGRESS)
    ended = Q(status=MedicationAdministration.Status.COMPLETED, ended_at__gt=start, ended_at__lte=end)
    found = MedicationAdministration.objects.filter(runs | ended, encounter=stay, happened_at__lte=end)
    return list(found.select_related("dose__order").prefetch_related("steps").order_by("happened_at", "pk"))


def owed_doses(stay: Encounter, end: dt.datetime) -> list[DueDose]:
    """Doses due up to `end` that nobody has answered, with their orders, the oldest first; one query."""
    found = DueDose.objects.filter(encounter=stay, outcome="", ended="", due_at__lte=end)
    found = found.exclude(order__status__in=_NOT_TO_GIVE).select_related("order")
    return list(found.order_by("due_at", "order__position", "pk"))
