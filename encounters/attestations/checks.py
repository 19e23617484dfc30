"""What a paper is checked for before it gets its number: words, days, whose it may be. Answers sentences for the page."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from emr.accounts.services import facility_setting
from emr.common.clock import local_today, years_before
from encounters.attestations import abbreviations
from encounters.attestations.kinds import (
    APPOINTMENT,
    GUARDIAN_BELOW,
    KINDS,
    LEAVES,
    LONG_LEAVE,
    REFERRAL,
    Kind,
)
from encounters.attestations.models import Abbreviation, Attestation
from encounters.documents.models import Document
from encounters.forms.services import answers_of
from encounters.visits.models import Encounter
from patients.emergency_access.services import working_days_after
from patients.registry.access import same_person
from patients.registry.age import age_of

Content = dict[str, Any]
# Names of people and places stand as they are.
_NAMES = ("person.", "asker.", "receiver.", "parents.", "to.", "stay.", "death.place", "visit.where")


@dataclass(frozen=True, slots=True)
class Words:
    """Short words found in a draft: what blocks, {short: in full}, and what only looks like one."""

    known: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def first(content: Content, link_id: str) -> Any:
    """The first answer's value, or None."""
    return next((answer.value for answer in answers_of(content, link_id) if answer.value is not None), None)


def day_of(content: Content, link_id: str) -> dt.date | None:
    """The day that a date or a dateTime answers; None for none, or one that isn't whole."""
    value = str(first(content, link_id) or "")
    if "T" in value:
        moment = parse_datetime(value)
        return timezone.localdate(moment) if moment is not None and timezone.is_aware(moment) else None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def known_words(facility_id: int) -> Mapping[str, str]:
    """{short: in full}: those that ship and the facility's own, which come first; one query."""
    own = Abbreviation.objects.filter(facility_id=facility_id).values_list("short", "full")
    return {**abbreviations.shipped(), **dict(own)}


def texts_of(items: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every answer in words, with the answer that holds it (so that it may be written anew); names are left out."""
    for item in items:
        for answer in item.get("answer", []):
            text = answer.get("valueString")
            if isinstance(text, str) and not str(item.get("linkId", "")).startswith(_NAMES):
                yield answer, text
            yield from texts_of(answer.get("item", []))
        yield from texts_of(item.get("item", []))


def words_of(paper: Attestation, content: Content) -> Words:
    """The short words of a draft that nobody keeps on purpose."""
    known = known_words(paper.facility_id)
    found: dict[str, str] = {}
    unknown: set[str] = set()
    for _answer, text in texts_of(content.get("item", [])):
        found |= {one.short: one.full for one in abbreviations.find(text, known, kept=paper.kept_words)}
        unknown |= set(abbreviations.looks_short(text, known, kept=paper.kept_words))
    return Words(dict(sorted(found.items())), sorted(unknown))


def refusal_to_begin(kind: Kind, encounter: Encounter) -> StrOrPromise:
    """Why such a paper can't be given for this stay; "" where it can."""
    if kind.death and not encounter.deaths.filter(voided_at=None).exists():
        return _("No death stands in this stay.")
    if kind.ended and encounter.ended_at is None:
        return _("The patient hasn't left yet: discharge them first.")
    if kind.inpatient and encounter.admitted_at is None:
        return _("This paper is for inpatients.")
    if kind.inpatient is False and encounter.admitted_at is not None:
        return _("This paper is for outpatients; an inpatient's leave stands on the discharge paper.")
    if kind.women and encounter.patient.sex != "female":
        return _("This paper is for women.")
    return ""


def problems(paper: Attestation, document: Document, content: Content) -> list[str]:
    """What must be put right before the paper gets a number; empty: nothing."""
    kind, stay = KINDS[paper.kind], document.encounter
    found = [str(reason)] if (reason := refusal_to_begin(kind, stay)) else []
    found += [
        _("“%(short)s” is a short word: write “%(full)s”, or say why it stays.")
        % {"short": short, "full": full}
        for short, full in words_of(paper, content).known.items()
    ]
    found += _of_times(stay, content)
    found += _of_leave(kind, paper, stay, content)
    found += _of_the_next_visit(paper, content)
    age = age_of(stay.patient, timezone.localdate(document.happened_at))
    is_child = age is not None and (age.unit != "year" or age.count < GUARDIAN_BELOW)
    if is_child and paper.kind in LEAVES and not str(first(content, "person.guardian") or "").strip():
        found.append(_("The patient is below %(age)d: name a parent or guardian.") % {"age": GUARDIAN_BELOW})
    if stay.patient.sex == "male" and (
        first(content, "pregnancy.weeks") or first(content, "pregnancy.reason")
    ):
        found.append(_("The patient is a man: nothing is written about a pregnancy."))
    return found


def _of_times(stay: Encounter, content: Content) -> list[str]:
    """Coming and leaving as the stay has them: the paper says no other days."""
    wrong = []
    for link_id, moment in (("stay.admitted_at", stay.begins_at), ("stay.discharged_at", stay.ended_at)):
        written = day_of(content, link_id)
        if written is not None and (moment is None or written != timezone.localdate(moment)):
            wrong.append(
                _("The day of coming isn't that of the stay.")
                if link_id.endswith("admitted_at")
                else _("The day of leaving isn't that of the stay.")
            )
    begins, ends = day_of(content, "confirmed.from"), day_of(content, "confirmed.to")
    if begins is not None and ends is not None:
        last = timezone.localdate(stay.ended_at) if stay.ended_at else local_today()
        if begins > ends or begins < timezone.localdate(stay.begins_at) or ends > last:
            wrong.append(_("What is confirmed lies outside the stay."))
    return wrong


def leave_of(content: Content) -> tuple[dt.date | None, dt.date | None, int | None]:
    """(first day, last day, days) as written; a day that the others imply is filled in."""
    days = first(content, "leave.days")
    count = int(days) if days is not None else None
    begins, ends = day_of(content, "leave.from"), day_of(content, "leave.to")
    if begins is not None and ends is None and count:
        ends = begins + dt.timedelta(days=count - 1)
    return begins, ends, count


def most_days(kind: Kind, code: str) -> int:
    """Days of leave at most, by the diagnosis."""
    return kind.long_leave_days if kind.long_leave_days and code.startswith(LONG_LEAVE) else kind.leave_days


def _of_leave(kind: Kind, paper: Attestation, stay: Encounter, content: Content) -> list[str]:
    if not kind.leave_days:
        return []
    begins, ends, days = leave_of(content)
    if not days and begins is None and ends is None:
        return []
    if begins is None or ends is None or not days:
        return [_("Write how many days of leave, from which day to which.")]
    found = []
    if (ends - begins).days + 1 != days:
        found.append(
            _("From %(first)s to %(last)s are %(days)d days, not %(written)d.")
            % {
                "first": f"{begins:%d/%m/%Y}",
                "last": f"{ends:%d/%m/%Y}",
                "days": (ends - begins).days + 1,
                "written": days,
            }
        )
    coding = first(content, "diagnosis.code")
    most = most_days(kind, str(getattr(coding, "code", "") or ""))
    if days > most:
        found.append(_("At most %(most)d days of leave may be given for this diagnosis.") % {"most": most})
    earliest = timezone.localdate(stay.ended_at if kind.ended and stay.ended_at else stay.begins_at)
    if begins < earliest:
        found.append(_("The leave begins before %(day)s.") % {"day": f"{earliest:%d/%m/%Y}"})
    if not paper.overlap_reason and (other := overlapping(paper, begins, ends)):
        told = {
            "number": other.number,
            "first": f"{other.starts_on:%d/%m/%Y}",
            "last": f"{other.ends_on:%d/%m/%Y}",
        }
        found.append(
            _("Leave from %(first)s to %(last)s is given already (%(number)s): say why it overlaps.") % told
        )
    return found


def overlapping(paper: Attestation, begins: dt.date, ends: dt.date) -> Attestation | None:
    """Another leave of the same person on one of these days; a paper issued again isn't in its own way."""
    own = {paper.pk, paper.replaces_id}
    return (
        Attestation.objects.filter(
            patient__in=same_person(paper.patient),
            kind__in=LEAVES,
            status__in=["numbered", "issued"],
            starts_on__lte=ends,
            ends_on__gte=begins,
        )
        .exclude(pk__in=[key for key in own if key])
        .order_by("starts_on")
        .first()
    )


def _of_the_next_visit(paper: Attestation, content: Content) -> list[str]:
    if paper.kind != APPOINTMENT:
        return []
    on = day_of(content, "visit.on")
    return [_("The next visit lies in the past.")] if on is not None and on < local_today() else []


def validity(paper: Attestation, content: Content, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """(first day, last day) of what the paper gives: leave, or how long it may be used."""
    if paper.kind in LEAVES:
        begins, ends, _days = leave_of(content)
        return begins, ends
    if paper.kind == APPOINTMENT:
        return today, day_of(content, "visit.on")
    if paper.kind == REFERRAL:
        if first(content, "long") is True:
            return today, _a_year_on(today)
        days = int(facility_setting(paper.facility_id, "referral_working_days"))
        return today, working_days_after(today, days, paper.facility_id)
    return None, None


def _a_year_on(day: dt.date) -> dt.date:
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    return years_before(noon, -1).date()
