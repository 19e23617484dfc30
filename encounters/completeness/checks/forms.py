"""Documents: there, as far as asked, filled in, one for each day or operation."""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language

from encounters.completeness.checks.found import (
    Found,
    day_words,
    end_of,
    noon_of,
    owed_since,
    page_of,
    page_of_document,
)
from encounters.completeness.facts import Facts, Paper
from encounters.completeness.rules import Rule
from encounters.documents.confirmed import asks_patient
from encounters.visits.models import Encounter, Procedure


def _stands(paper: Paper, state: str, facts: Facts) -> bool:
    """Whether a document is as far as a rule asks."""
    if paper.version_id is None or paper.has_draft:
        return False
    standing = facts.standing(paper)
    if state == "confirmed":
        return paper.is_confirmed
    if state in {"signed", "sealed"} and not paper.is_signed:
        return False
    return not standing.is_refused and (state != "sealed" or standing.is_sealed)


def form(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """One of some forms stands in the record: as asked, or as a checked paper page."""
    wanted = facts.named(stay, rule.parameters["codes"])
    if not wanted or facts.paper_of_codes(stay, wanted):
        return
    papers = facts.of_codes(stay, wanted)
    if any(_stands(paper, rule.parameters["state"], facts) for paper in papers):
        return
    told = {"form": facts.form_title(papers[-1].code if papers else wanted[0])}
    if papers:
        paper = papers[-1]
        yield Found(
            "form", page_of_document(paper), owed_since(rule, stay), told, paper.author_id, state_of=paper.pk
        )
    else:
        begins = wanted[0] if wanted[0] in facts.form_codes else ""
        yield Found("form", page_of("documents:list", stay), owed_since(rule, stay), told, begins=begins)


def _days_wanted(rule: Rule, stay: Encounter, facts: Facts) -> list[dt.date]:
    days = facts.days_of(stay)
    if rule.parameters.get("days") != "medicines":
        return days
    today = timezone.localdate(facts.moment)
    return sorted(day for day in facts.medicine_days.get(stay.pk, set()) if day < today)


# Where a form that is composed and not begun has its own page.
_MADE_AT = {
    "37/BV2": ("bedside:care", "?day={day}"),
    "38/BV2": ("bedside:care", "?day={day}"),
    "CK-THUOC": ("medicines:patient", ""),
}


def day_form(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each day has one of some forms, or a checked paper page about it."""
    wanted = rule.parameters["codes"]
    held = {paper.day for paper in facts.of_codes(stay, wanted)}
    held |= {page.day for page in facts.paper_of_codes(stay, wanted) if page.day is not None}
    code = wanted[-1]
    name, query = _MADE_AT.get(code, ("documents:course", ""))
    for day in _days_wanted(rule, stay, facts):
        if day not in held:
            yield Found(
                day.isoformat(),
                page_of(name, stay, query.format(day=day.isoformat())),
                end_of(day),
                {"day": day_words(day), "form": facts.form_title(code)},
                begins="" if code in _MADE_AT or code not in facts.form_codes else code,
                begins_at=max(noon_of(day), stay.begins_at),
            )


def procedure_form(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Each operation has its own form: the one that names it, else a consent on or before its day, a report on its day or
    the next.
    """
    wanted, state = rule.parameters["codes"], rule.parameters["state"]
    done = [row for row in facts.procedures.get(stay.pk, []) if row.kind in rule.parameters["procedures"]]
    if not done:
        return
    links, known = facts.links_of(wanted), {str(row.uuid) for row in done}
    standing = [paper for paper in facts.of_codes(stay, wanted) if _stands(paper, state, facts)]
    named = {links[paper.pk] for paper in standing if links.get(paper.pk) in known}
    pages = facts.paper_of_codes(stay, wanted)
    days = [paper.day for paper in standing if links.get(paper.pk) not in known]
    days += [page.day for page in pages if page.day is not None]
    undated = sum(page.day is None for page in pages)
    done = [row for row in done if str(row.uuid) not in named]
    begun = [paper for paper in facts.of_codes(stay, wanted) if not _stands(paper, state, facts)]
    for row in without_form(done, days, before=state == "confirmed")[undated:]:
        told = {"what": row.text, "day": day_words(timezone.localdate(row.started_at))}
        if begun:
            paper = begun.pop(0)
            told["form"] = facts.form_title(paper.code)
            yield Found(
                str(row.uuid), page_of_document(paper), row.started_at, told, paper.author_id, paper.pk
            )
        else:
            told["form"] = facts.form_title(wanted[0])
            begins = wanted[0] if wanted[0] in facts.form_codes else ""
            yield Found(
                str(row.uuid),
                page_of("documents:list", stay),
                row.started_at,
                told,
                begins=begins,
                begins_at=row.started_at,
            )


def without_form(done: list[Procedure], days: list[dt.date], *, before: bool) -> list[Procedure]:
    """The procedures that no form is left for, oldest first; as few as there can be.

    With `before` a form counts for an operation on its day or later, and for all of that day; else for one that lasted
    until its day or the day before.
    """
    left = sorted(done, key=lambda row: (_window(row, before=before)[1], row.started_at, row.pk))
    for day in sorted(days):
        served = next((row for row in left if _is_within(day, _window(row, before=before))), None)
        if served is not None:
            operated = timezone.localdate(served.started_at)
            left = [
                row
                for row in left
                if row is not served and not (before and timezone.localdate(row.started_at) == operated)
            ]
    return sorted(left, key=lambda row: (row.started_at, row.pk))


def _window(row: Procedure, *, before: bool) -> tuple[dt.date, dt.date]:
    """From when until when a form may be dated to count for it."""
    day = timezone.localdate(row.started_at)
    if before:
        return dt.date.min, day
    return day, timezone.localdate(row.ended_at or row.started_at) + dt.timedelta(days=1)


def _is_within(day: dt.date, window: tuple[dt.date, dt.date]) -> bool:
    return window[0] <= day <= window[1]


def form_fields(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Fields of a form that nobody filled in: the required ones, named ones, or all of them by parts (R-03)."""
    wanted = rule.parameters["codes"]
    papers = facts.of_codes(stay, wanted)
    if not papers or facts.paper_of_codes(stay, wanted):
        return
    paper = papers[-1]
    language = (get_language() or "vi").split("-", maxsplit=1)[0]
    blank = facts.blanks_of([paper], language).get(paper.pk, [])
    if rule.parameters["fields"] == "all":
        parts: dict[str, list[str]] = {}
        first: dict[str, str] = {}
        for item in blank:
            if not item.is_required:
                parts.setdefault(item.part, []).append(item.label)
                first.setdefault(item.part, item.id)
        for number, (part, labels) in enumerate(parts.items(), 1):
            words = f"{part} ({len(labels)}): {', '.join(labels[:4])}{'…' if len(labels) > 4 else ''}"
            yield Found(
                str(number), page_of_document(paper, first[part]), owed_since(rule, stay), {"what": words}
            )
        return
    names = rule.parameters.get("names", [])
    for item in blank:
        if (item.link_id in names) if rule.parameters["fields"] == "named" else item.is_required:
            yield Found(
                item.id, page_of_document(paper, item.id), owed_since(rule, stay), {"what": item.label}
            )


def _states(paper: Paper, facts: Facts) -> Iterator[str]:
    if paper.version_id is None or paper.has_draft:
        yield "draft"
    if paper.version_id is None:
        return
    standing = facts.standing(paper)
    if not paper.is_signed:
        yield "unsigned"
    elif standing.waits_for:
        yield "waiting"
    if standing.is_refused:
        yield "refused"
    if asks_patient(paper.code) and paper.answer is None:
        yield "unconfirmed"


def document_state(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Documents in a state in which no record is closed: drafts, unsigned, waiting for others, with a bad signature."""
    state = rule.parameters["state"]
    spared = facts.named(stay, rule.parameters.get("except", []))
    only = facts.named(stay, rule.parameters.get("codes", []))
    for paper in facts.documents.get(stay.pk, []):
        if paper.code in spared or (only and paper.code not in only) or state not in _states(paper, facts):
            continue
        waits = facts.standing(paper).waits_for
        person = waits[0] if state == "waiting" and waits else paper.author_id
        yield Found(
            str(paper.uuid),
            page_of_document(paper),
            paper.frozen_at or paper.at,
            {"form": facts.form_title(paper.code), "day": day_words(paper.day)},
            person,
            state_of=paper.pk if state in {"draft", "unsigned"} else None,
        )
