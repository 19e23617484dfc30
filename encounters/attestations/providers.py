"""What a paper takes from the stay (`%paper.…`), so that nobody types it again.

The record's closing summary counts where it is written; before that, what the stay holds is put together: the medicines that
were ordered, operations and procedures, results out of range.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import override

from emr.common.clock import local_today, now
from encounters.attestations.kinds import GUARDIAN_BELOW
from encounters.documents.models import Document
from encounters.documents.providers import ICD10
from encounters.forms.services import answers_of
from encounters.orders.models import MedicationRequest
from encounters.results.selectors.reports import reports_of_stay, value_text
from encounters.visits import codes
from encounters.visits.models import Condition, Encounter
from patients.registry.age import age_of

_REPORTS, _FINDINGS, _MEDICINES = 12, 6, 20
_ROLE = codes.DiagnosisRole


def paper(document: Document) -> dict[str, Any]:
    """Everything that the papers ask for beyond what other forms ask; what isn't known is left out."""
    stay = document.encounter
    with override("vi"):
        told = _summary_of(stay)
        values: dict[str, Any] = {
            "treatment": told.get("treatment") or _treatment(stay),
            "results": told.get("results") or _results(stay),
            "course": told.get("course") or stay.reason,
            "state": told.get("state") or _outcome(stay),
            "plan": told.get("plan", ""),
            "advice": told.get("plan", ""),
            "outcome": _outcome(stay),
            "guardian": _guardian(document),
            "asker": _contact(document),
            "transfer_to": stay.transfer_to_name,
            "transfer_to_code": stay.transfer_to_code,
            "transfer_reason": stay.transfer_reason,
            "leaves_at": stay.ended_at or now(),
            "admitted_on": timezone.localdate(stay.begins_at),
            "ended_or_today": timezone.localdate(stay.ended_at) if stay.ended_at else local_today(),
        }
        values |= _diagnoses(stay) | _death(stay)
    return {name: value for name, value in values.items() if value not in (None, "")}


def _summary_of(stay: Encounter) -> dict[str, str]:
    """The closing summary (B) of the stay's record as it is written: course, results, treatment, state, plan."""
    record = (
        Document.objects.filter(encounter=stay, code__endswith="/BV1")
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("draft", "current_version__response")
        .order_by("-pk")
        .first()
    )
    if record is None:
        return {}
    draft, version = getattr(record, "draft", None), record.current_version
    content = draft.content if draft else version.response.resource if version else {}
    found = {}
    for name in ("course", "results", "treatment", "state", "plan"):
        texts = [str(answer.value) for answer in answers_of(content, f"summary.{name}") if answer.value]
        found[name] = "\n".join(texts)
    return found


def _treatment(stay: Encounter) -> str:
    """Operations and procedures by their days, then the medicines that were in effect, each once."""
    lines = [
        f"{done.text} ({timezone.localtime(done.started_at):%d/%m/%Y})"
        for done in stay.procedures.filter(status="completed").order_by("started_at")
    ]
    ordered = (
        MedicationRequest.objects.filter(encounter=stay, confirmed_at__isnull=False)
        .exclude(status__in=["entered-in-error", "draft"])
        .order_by("confirmed_at", "position")
        .values_list("text", flat=True)
    )
    medicines = list(dict.fromkeys(ordered))[:_MEDICINES]
    if medicines:
        lines.append("Thuốc: " + "; ".join(medicines))
    return "\n".join(lines)


def _results(stay: Encounter) -> str:
    """The newest reports with something out of range, a line each, and what imaging concluded."""
    lines = []
    for report in list(reports_of_stay(stay, only="abnormal")[:_REPORTS]):
        values = [
            " ".join(word for word in (finding.title, value_text(finding), finding.unit) if word)
            for finding in getattr(report, "notable", [])[:_FINDINGS]
        ]
        at = timezone.localtime(report.effective_at)
        lines.append(
            f"{report.title} ({at:%d/%m/%Y}): {'; '.join(values)}"
            if values
            else f"{report.title} ({at:%d/%m/%Y})"
        )
    return "\n".join(reversed(lines))


def _outcome(stay: Encounter) -> str:
    return str(stay.get_outcome_display()) if stay.outcome else ""


def _contact(document: Document) -> str:
    contact = document.patient.related_people.filter(is_contact=True, ended_at=None).first()
    return contact.full_name if contact else ""


def _guardian(document: Document) -> str:
    age = age_of(document.patient, timezone.localdate(document.happened_at))
    if age is None or (age.unit == "year" and age.count >= GUARDIAN_BELOW):
        return ""
    return _contact(document)


def _coded(condition: Condition) -> dict[str, Any]:
    code = {"system": ICD10, "code": condition.code, "display": condition.text} if condition.code else None
    return {"code": code, "text": condition.text}


def _diagnoses(stay: Encounter) -> dict[str, Any]:
    """The diagnosis on admission; the final one, before discharge the one that guides the treatment; what goes with it."""
    rows = stay.conditions.filter(status="confirmed", replaced_by=None).order_by("rank", "pk")
    found: dict[str, list[Condition]] = {}
    for row in rows:
        found.setdefault(row.role, []).append(row)
    guiding = next(
        (found[role] for role in (_ROLE.WORKING, _ROLE.DEPARTMENT, _ROLE.ADMISSION) if found.get(role)), []
    )
    main = found.get(_ROLE.DISCHARGE_MAIN) or guiding
    others = found.get(_ROLE.DISCHARGE_SECONDARY, []) if found.get(_ROLE.DISCHARGE_MAIN) else guiding[1:]
    first = found.get(_ROLE.ADMISSION) or found.get(_ROLE.DEPARTMENT)
    return {
        "main": _coded(main[0]) if main else None,
        "secondary": [_coded(row) for row in others],
        "admission": _coded(first[0]) if first else None,
    }


def _death(stay: Encounter) -> dict[str, Any]:
    death = stay.deaths.filter(voided_at=None).first()
    if death is None:
        return {}
    causes = list(death.causes.exclude(line="II").order_by("line", "rank"))
    return {"death_cause": causes[-1].text if causes else ""}
