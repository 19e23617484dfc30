"""What was ordered, measured, given: each with its answer."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from encounters.completeness.checks.found import Found, day_words, end_of, noon_of, page_of
from encounters.completeness.facts import Facts
from encounters.completeness.rules import Rule
from encounters.results.vital_signs import VITAL_SIGNS
from encounters.visits.models import Encounter


def day_vitals(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each day has some vital signs measured."""
    signs = [VITAL_SIGNS[name] for name in rule.parameters["signs"]]
    measured = {sign: facts.measured_days.get((stay.pk, sign.loinc), set()) for sign in signs}
    for day in facts.days_of(stay):
        missing = [str(sign.title) for sign in signs if day not in measured[sign]]
        if missing:
            told = {"day": day_words(day), "what": ", ".join(missing)}
            yield Found(day.isoformat(), page_of("monitoring:patient", stay), end_of(day), told)


def orders_answered(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each order of some categories has a released result, or was stopped."""
    for row in facts.unanswered_orders.get(stay.pk, []):
        if row["category"] in rule.parameters["categories"]:
            at = row["confirmed_at"]
            told = {"what": row["text"], "day": day_words(timezone.localdate(at))}
            yield Found(str(row["uuid"]), page_of("orders:of_stay", stay), at, told, row["requester_id"])


def medicines_answered(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each dose that was due was given or not given; each infusion has ended. A line a day."""
    doses = facts.unanswered_doses.get(stay.pk, {})
    running = facts.running_infusions.get(stay.pk, {})
    for day in sorted(doses.keys() | running.keys()):
        words = []
        if count := doses.get(day, 0):
            words.append(ngettext("%(n)d dose", "%(n)d doses", count) % {"n": count})
        if count := running.get(day, 0):
            words.append(ngettext("%(n)d infusion", "%(n)d infusions", count) % {"n": count})
        told = {"day": day_words(day), "what": ", ".join(words)}
        yield Found(day.isoformat(), page_of("medicines:patient", stay), noon_of(day), told)


def critical_results(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each critical result was acknowledged."""
    for review in facts.critical_reviews.get(stay.pk, []):
        url = reverse("encounters:results:report", args=[review.report.uuid])
        told = {"what": review.report.title}
        yield Found(str(review.report.uuid), url, review.opened_at, told, review.requester_id)
