"""The menu of new documents: the forms that this person may begin on this stay, by heading, those used here most on top."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import local_today, now
from emr.common.vietnamese import fold
from encounters.documents import permissions
from encounters.documents.confirmed import asks_patient
from encounters.documents.models import Document
from encounters.documents.sections import sections_of
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import form_of
from encounters.visits.access import acts_here
from encounters.visits.models import Encounter

USED_IN_DAYS = 90
OFTEN = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One form: its code and title; `group` is the heading that it stands under."""

    code: str
    title: str
    group: str


@dataclass(slots=True)
class Group:
    """A heading with its forms."""

    title: str
    entries: list[Entry] = field(default_factory=list)


def menu_of(user: User, encounter: Encounter, words: str = "") -> list[Group]:
    """What may be begun here, in headings; `words` narrows by code and title, or else by heading, without accents.

    Records, treatment sheets and forms that other pages compose have their own ways in. Two queries.
    """
    wanted = fold(words).split()
    known = _begun_by(user, encounter)
    named = [one for one in known if all(word in fold(f"{one.code} {one.title}") for word in wanted)]
    entries = named or [one for one in known if all(word in fold(one.group) for word in wanted)]
    groups: dict[str, Group] = {}
    if not wanted and (often := _often(encounter, entries)):
        groups[""] = Group(_("Often used in this department"), often)
    for entry in sorted(entries, key=lambda one: (one.group, one.code)):
        groups.setdefault(entry.group, Group(entry.group)).entries.append(entry)
    return list(groups.values())


def _begun_by(user: User, encounter: Encounter) -> list[Entry]:
    writes = acts_here(user, permissions.WRITE, encounter)
    language = (get_language() or "vi").split("-", maxsplit=1)[0]
    found: dict[str, Entry] = {}
    for row in _in_force(encounter, local_today()):
        form = form_of(row)
        is_own = row.code.endswith("/BV1") or sections_of(row.code)
        if row.code in found or is_own or not any(item.is_question for item in form.walk()):
            continue
        if not writes and not (form.authors and acts_here(user, form.authors, encounter)):
            continue
        heading = form.group.label.in_language(language) if form.group else ""
        heading = heading or (_("Consents") if asks_patient(row.code) else _("Other forms"))
        found[row.code] = Entry(row.code, form.title.in_language(language), heading)
    return list(found.values())


def _in_force(encounter: Encounter, day: dt.date) -> list[Questionnaire]:
    """The versions of today, the facility's own and the newest of a code first."""
    return list(
        Questionnaire.objects.filter(
            Q(facility=None) | Q(facility=encounter.facility_id),
            Q(effective_to=None) | Q(effective_to__gte=day),
            status=Questionnaire.Status.ACTIVE,
            effective_from__lte=day,
        ).order_by("code", F("facility_id").asc(nulls_last=True), "-effective_from", "-id")
    )


def _often(encounter: Encounter, entries: list[Entry]) -> list[Entry]:
    used = Counter(
        dict(
            Document.objects.filter(
                facility_id=encounter.facility_id,
                department=encounter.department_id,
                happened_at__gte=now() - dt.timedelta(days=USED_IN_DAYS),
                code__in=[entry.code for entry in entries],
            )
            .values_list("code")
            .annotate(Count("pk"))
        )
    )
    known = {entry.code: entry for entry in entries}
    return [known[code] for code, _count in used.most_common(OFTEN)]
