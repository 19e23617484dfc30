"""Which tests the laboratory may add to an order, from what its result shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from emr.common.vietnamese import fold
from encounters.orders.models import ServiceRequest
from encounters.orders.selectors.catalogue import in_force, services_by_code
from encounters.performing.models import ReflexRule
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.selectors.reports import value_text


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that the result fulfils: the finding that does, the name of the test to add, the words to keep with it."""

    rule: ReflexRule
    title: str
    because: str


def suggestions(request: ServiceRequest, held: DiagnosticReport | None) -> list[Suggestion]:
    """What may be added now, in the order of the table; what was added already isn't suggested. Four queries at most."""
    if held is None or request.reflex_of_id is not None:
        return []
    found = in_force(ReflexRule.objects.filter(facility=request.facility_id, service=request.code))
    rules = list(found.order_by("code"))
    if not rules:
        return []
    names = services_by_code(request.facility_id, [rule.adds for rule in rules])
    added = set(added_to(request).values_list("code", flat=True))
    findings = list(held.findings.order_by("position"))
    told = []
    for rule in rules:
        cause = _cause(rule, findings)
        if cause is None or rule.adds not in names or rule.adds in added:
            continue
        because = f"{cause.title} {value_text(cause)} {cause.unit}".strip()
        told.append(Suggestion(rule, names[rule.adds].name, f"{because}: {rule.reason}"))
    return told


def added_to(request: ServiceRequest) -> QuerySet[ServiceRequest]:
    """The tests that were added to the order, stopped ones left out, in the order in which they were."""
    ended = [ServiceRequest.Status.REVOKED, ServiceRequest.Status.ENTERED_IN_ERROR]
    return ServiceRequest.objects.filter(reflex_of=request).exclude(status__in=ended).order_by("pk")


def _cause(rule: ReflexRule, findings: Sequence[Finding]) -> Finding | None:
    return next((one for one in findings if one.code == rule.analyte and _fulfils(rule, one)), None)


def _fulfils(rule: ReflexRule, finding: Finding) -> bool:
    kind = rule.Condition
    if rule.condition == kind.ABNORMAL:
        return finding.is_abnormal
    if rule.condition == kind.CRITICAL:
        return finding.is_critical
    if rule.condition == kind.WORDS:
        return fold(finding.text) == fold(rule.words)
    if finding.number is None or rule.threshold is None:
        return False
    if rule.condition == kind.ABOVE:
        return finding.number > rule.threshold and not finding.comparator.startswith("<")
    return finding.number < rule.threshold and not finding.comparator.startswith(">")
