"""The checklist: every requirement with what shows, at this moment, how far it is met."""

from collections import Counter
from dataclasses import dataclass

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, State, gathered
from emr.compliance.requirements import Requirement, requirements


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement and its evidence."""

    requirement: Requirement
    evidence: Evidence


def checklist(facility: Organization, *, chapter: str = "", state: str = "") -> list[Row]:
    """Every row of the facility, or those of a chapter and state. The caller works within the facility's wall."""
    found = [
        Row(requirement, gathered(requirement.id, facility))
        for requirement in requirements()
        if not chapter or requirement.chapter == chapter
    ]
    return [row for row in found if not state or row.evidence.state == state]


def counts(rows: list[Row]) -> list[tuple[State, int]]:
    """How many rows are in each state, the best state first."""
    found = Counter(row.evidence.state for row in rows)
    return [(state, found[state]) for state in State]
