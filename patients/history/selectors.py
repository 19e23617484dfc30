"""What a chart says of a patient's history."""

from dataclasses import dataclass, field

from patients.history.models import AllergyIntolerance, Condition, Device
from patients.registry.access import same_person
from patients.registry.models import Patient

_ACTIVE = "active"


@dataclass(slots=True)
class Summary:
    """The active statements about one person. `none_known`: asked, and no allergy is known."""

    allergies: list[AllergyIntolerance] = field(default_factory=list)
    none_known: AllergyIntolerance | None = None
    problems: list[Condition] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)


def active_allergies(patient: Patient) -> list[AllergyIntolerance]:
    """Allergies and the statement of none, worst first; one query."""
    found = AllergyIntolerance.objects.filter(patient__in=same_person(patient), status=_ACTIVE)
    rank = {"high": 0, "unable-to-assess": 1, "low": 2}
    return sorted(
        found.select_related("recorded_by"), key=lambda a: (rank.get(a.criticality, 1), a.substance)
    )


def active_problems(patient: Patient) -> list[Condition]:
    """The problem list, newest first; one query."""
    found = Condition.objects.filter(patient__in=same_person(patient), status__in=[_ACTIVE, "remission"])
    return list(found.order_by("-recorded_at"))


def active_devices(patient: Patient) -> list[Device]:
    """What is in place; one query."""
    return list(Device.objects.filter(patient__in=same_person(patient), status=_ACTIVE))


def summary_of(patient: Patient) -> Summary:
    """Allergies, problems and devices for the chart, kept on the row for the page: banner and panel share them."""
    kept: Summary | None = patient.__dict__.get("_history_summary")
    if kept is None:
        allergies = active_allergies(patient)
        kept = Summary(
            allergies=[a for a in allergies if not a.is_none_known],
            none_known=next((a for a in allergies if a.is_none_known), None),
            problems=active_problems(patient),
            devices=active_devices(patient),
        )
        patient.__dict__["_history_summary"] = kept
    return kept


def all_entries(patient: Patient) -> dict[str, list[AllergyIntolerance] | list[Condition] | list[Device]]:
    """Everything ever stated, ended and wrong rows too, newest first; three queries."""
    rows = same_person(patient)
    return {
        "allergy": list(
            AllergyIntolerance.objects.filter(patient__in=rows)
            .select_related("recorded_by")
            .order_by("-recorded_at")
        ),
        "problem": list(
            Condition.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
        "device": list(
            Device.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
    }
