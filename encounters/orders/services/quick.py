"""One box for everything: a panel, a test by some letters, or a medicine typed on one line."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.terminology.selectors import Match, concept, search_concepts
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, OrderSet, ServiceRequest
from encounters.orders.oneline import Line, parse_line
from encounters.orders.regimens import holds_json, scale_json, steps_json
from encounters.orders.selectors.catalogue import orderable, services_by_code, sets_for
from encounters.orders.services.lines import add_medication, add_service
from encounters.orders.wording import medication_text

_MOST = 8
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the typed words may mean. `code`: "set:…", "service:…" or "line:<medicine>:<typed>"."""

    code: str
    label: str
    text: str
    note: str = ""


# What a line says that a prescription to take home has no place for.
OF_THE_WARD = frozenset({"steps", "scale", "hold_if", "before_event", "minutes_before"})


def line_fields(found: Match | Any, line: Line) -> dict[str, Any]:
    """The fields of a medicine's row, unit and route from the catalogue where they weren't typed."""
    properties = found.properties
    return {
        "code": found.code,
        "text": found.display,
        "dose": line.dose,
        "dose_unit": line.unit or properties.get("unit_code", ""),
        "times_per_day": line.times_per_day,
        "days": line.days,
        "route": line.route or properties.get("route", ""),
        "times": line.times,
        "meal": line.meal,
        "as_needed": line.as_needed,
        "as_needed_for": line.as_needed_for,
        "steps": steps_json(line.steps),
        "scale": scale_json(line.scale),
        "hold_if": holds_json(line.holds),
        "before_event": line.before_event,
        "minutes_before": line.minutes_before,
    }


def choices(entry: Document, typed: str) -> list[Choice]:
    """What the typed words may mean, the likeliest first; a medicine's text is its preview. Three queries at most."""
    typed = typed.strip()[:_LONGEST]
    line = parse_line(typed)
    if line.says_how_much or line.as_needed:
        if not line.name:
            return []
        note = " ".join(line.problems)
        found = search_concepts("medicine", line.name, limit=_MOST)
        return [
            Choice(f"line:{match.code}:{typed}", _("Medicine"), preview(match, line), note) for match in found
        ]
    sets = [
        Choice(f"set:{found.code}", str(found.get_kind_display()), found.name)
        for found in sets_for(entry, typed)[:_MOST]
    ]
    services = [
        Choice(f"service:{row.code}", str(row.get_category_display()), row.name)
        for row in orderable(entry.facility_id, typed)[:_MOST]
    ]
    return [*sets, *services][:_MOST]


def lines_and_services(facility_id: int, typed: str, *, once: bool = False) -> list[Choice]:
    """Medicines with a dose, else tests and images; no sets. `once`: how often may stay unsaid. Two queries at most."""
    typed = typed.strip()[:_LONGEST]
    line = parse_line(typed, once=once)
    if line.says_how_much or line.as_needed:
        found = search_concepts("medicine", line.name, limit=_MOST) if line.name else []
        note = " ".join(line.problems)
        return [
            Choice(f"line:{match.code}:{typed}", _("Medicine"), preview(match, line), note) for match in found
        ]
    return [
        Choice(f"service:{row.code}", str(row.get_category_display()), row.name)
        for row in orderable(facility_id, typed)[:_MOST]
    ]


def preview(match: Match, line: Line) -> str:
    """How the line would read."""
    if line.problems:
        return match.display
    return medication_text(MedicationRequest(**line_fields(match, line)))


@transaction.atomic
def add_quick(*, entry: Document, choice: str, typed: str, by: User) -> list[str]:
    """Write what was chosen, or typed where only one thing fits, on the draft entry.

    Returns what was left out of a set, in words. Raises DomainError when nothing or several things fit, and for what a
    line lacks.
    """
    if not choice:
        fitting = choices(entry, typed)
        if not fitting:
            problems = parse_line(typed).problems
            raise DomainError(
                _("Nothing fits “%(typed)s”.") % {"typed": typed.strip()[:_LONGEST]}
                + (f" {problems[0]}" if problems and parse_line(typed).says_how_much else ""),
                code="nothing_fits",
                field="quick",
            )
        if len(fitting) > 1:
            raise DomainError(_("Several things fit: choose one."), code="several_fit", field="quick")
        choice = fitting[0].code
    kind, _colon, rest = choice.partition(":")
    if kind == "set":
        found = next((one for one in sets_for(entry) if one.code == rest), None)
        if found is None:
            raise DomainError(_("This set can't be used here."), code="nothing_fits", field="quick")
        return _add_set(entry, found, by)
    if kind == "line":
        code, _colon, words = rest.partition(":")
        _add_line(entry, code, words, by)
        return []
    if kind == "service" and (service := services_by_code(entry.facility_id, [rest]).get(rest)):
        _add_service(entry, service, by)
        return []
    raise DomainError(_("This can't be ordered today."), code="nothing_fits", field="quick")


def _add_line(entry: Document, code: str, typed: str, by: User) -> None:
    line = parse_line(typed)
    if line.problems:
        raise DomainError(" ".join(line.problems), code="unclear", field="quick")
    found = concept("medicine", code) if code else None
    if found is None:
        match = next(iter(search_concepts("medicine", line.name, limit=1)), None)
        if match is None:
            raise DomainError(
                _("No medicine is called “%(name)s”.") % {"name": line.name},
                code="nothing_fits",
                field="quick",
            )
        add_medication(entry=entry, by=by, **line_fields(match, line))
        return
    add_medication(entry=entry, by=by, **line_fields(found, line))


def _add_service(entry: Document, service: Any, by: User) -> None:
    add_service(
        entry=entry,
        by=by,
        category=service.category,
        code=service.code,
        text=service.name,
        specimen=service.specimen,
        body_site=service.body_site,
    )


def _add_set(entry: Document, found: OrderSet, by: User) -> list[str]:
    lines = list(found.lines.all())
    known = services_by_code(entry.facility_id, [line.code for line in lines if line.code])
    open_ones = [ServiceRequest.Status.DRAFT, ServiceRequest.Status.ACTIVE, ServiceRequest.Status.ON_HOLD]
    there = set(
        ServiceRequest.objects.filter(entry=entry, status__in=open_ones).values_list("category", "code")
    )
    left_out = []
    for line in lines:
        try:
            if line.category == "medication":
                with transaction.atomic():
                    _add_line(entry, "", line.text, by)
            elif (line.category, line.code) in there:
                left_out.append(_("%(text)s is already ordered here.") % {"text": line.text})
            elif service := known.get(line.code):
                _add_service(entry, service, by)
            elif line.category in {"laboratory", "imaging"}:
                left_out.append(_("%(text)s can't be ordered today.") % {"text": line.text})
            else:
                add_service(entry=entry, by=by, category=line.category, code=line.code, text=line.text)
        except DomainError as refusal:
            left_out.append(f"{line.text}: {refusal}")
    return left_out
