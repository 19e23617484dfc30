"""Questions about the forms of a house."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Func, JSONField, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.vietnamese import fold
from emr.terminology.models import CodeSystem
from encounters.designing.elements import translation
from encounters.designing.models import FormDraft, FormStep
from encounters.forms.catalogue import short_name
from encounters.forms.engine.vocabulary import EVERYTHING, FORM_GROUP
from encounters.forms.models import Questionnaire

KINDS: dict[str, StrOrPromise] = {
    "record": _("Records (…/BV1)"),
    "ward": _("Ward forms (…/BV2)"),
    "other": _("Other papers and forms"),
}
STATES: dict[str, StrOrPromise] = {
    "force": _("In force"),
    "own": _("The house's own"),
    "draft": _("Being changed"),
    "coming": _("From a later day"),
    "ended": _("Not in force any more"),
}
_GROUP = Func(
    F("resource"),
    Value(f'$.code[*] ? (@.system == "{FORM_GROUP}")'),
    function="jsonb_path_query_first",
    template="%(function)s(%(expressions)s::jsonpath)",
    output_field=JSONField(),
)


@dataclass(slots=True)
class FormLine:
    """A form in the list: what counts of it today, what comes, what is being changed."""

    code: str
    versions: list[Questionnaire] = field(default_factory=list)
    draft: FormDraft | None = None
    present: Questionnaire | None = None
    coming: Questionnaire | None = None
    draft_title: str = ""

    @property
    def shown(self) -> Questionnaire | None:
        """The version that stands for the form: today's, else the next, else the last."""
        return self.present or self.coming or (self.versions[0] if self.versions else None)

    @property
    def title(self) -> str:
        return self.shown.title if self.shown is not None else self.draft_title

    @property
    def is_own(self) -> bool:
        """Whether the version that counts, or the draft of a form that has none, is the house's own."""
        return self.shown is None or self.shown.facility_id is not None

    @property
    def kind(self) -> str:
        ending = self.code.rpartition("/")[2]
        return {"BV1": "record", "BV2": "ward"}.get(ending, "other")

    @property
    def heading(self) -> str:
        """The words of the heading in the menu; "" when it has none."""
        return heading_of(getattr(self.shown, "group", None))

    def is_in(self, state: str) -> bool:
        known = {
            "force": self.present is not None,
            "own": self.is_own,
            "draft": self.draft is not None,
            "coming": self.coming is not None,
            "ended": self.present is None and self.coming is None and bool(self.versions),
        }
        return known.get(state, True)


def heading_of(group: dict[str, Any] | None) -> str:
    """A heading's words in the reader's language."""
    if not group:
        return ""
    language = (get_language() or "vi").split("-", maxsplit=1)[0]
    return translation(group, "display", language) or str(group.get("display") or group.get("code") or "")


def forms_of(facility: Organization, *, words: str = "", kind: str = "", state: str = "") -> list[FormLine]:
    """The forms of a house by code; `words` are looked for in code, title and heading without accents. Two queries."""
    wanted = fold(words).split()
    return [
        line
        for line in _lines(facility)
        if (not kind or line.kind == kind)
        and (not state or line.is_in(state))
        and all(word in fold(f"{line.code} {line.title} {line.heading}") for word in wanted)
    ]


def _lines(facility: Organization) -> list[FormLine]:
    found: dict[str, FormLine] = {}
    today = local_today()
    for row in _versions(facility).annotate(group=_GROUP).defer("resource"):
        line = found.setdefault(row.code, FormLine(row.code))
        line.versions.append(row)
        if line.present is None and is_in_force(row, today):
            line.present = row
        elif row.status == Questionnaire.Status.ACTIVE and row.effective_from > today:
            line.coming = row
    drafts = FormDraft.objects.filter(facility=facility, status=FormDraft.Status.DRAFT)
    for draft in drafts.annotate(name=KeyTextTransform("title", "resource")).defer("resource"):
        line = found.setdefault(draft.code, FormLine(draft.code))
        line.draft, line.draft_title = draft, str(draft.name or "")
    return [found[code] for code in sorted(found)]


def _versions(facility: Organization) -> QuerySet[Questionnaire]:
    """Of each form the house's own before what every house has, the newest first: the order in which they count."""
    return Questionnaire.objects.filter(Q(facility=None) | Q(facility=facility)).order_by(
        "code", F("facility_id").asc(nulls_last=True), "-effective_from", "-id"
    )


def is_in_force(version: Questionnaire, day: dt.date) -> bool:
    """Whether it may be begun on that day, as far as it alone says."""
    return (
        version.status == Questionnaire.Status.ACTIVE
        and version.effective_from <= day
        and (version.effective_to is None or version.effective_to >= day)
    )


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of a form: the draft that it came from (None: delivered), and whether it counts today."""

    version: Questionnaire
    draft: FormDraft | None
    is_present: bool


def versions_of(facility: Organization, code: str) -> list[VersionLine]:
    """The versions of a form, in the order in which they count. Two queries."""
    rows = list(_versions(facility).filter(code=code).defer("resource"))
    made = FormDraft.objects.filter(facility=facility, published_as__in=rows).select_related("published_by")
    drafts = {draft.published_as_id: draft for draft in made.defer("resource")}
    today = local_today()
    present = next((row.pk for row in rows if is_in_force(row, today)), None)
    return [VersionLine(row, drafts.get(row.pk), row.pk == present) for row in rows]


def open_draft(facility: Organization, code: str) -> FormDraft | None:
    """What is being changed of that form."""
    return (
        FormDraft.objects.filter(facility=facility, code=code, status=FormDraft.Status.DRAFT)
        .select_related("changed_by")
        .first()
    )


def authors_of(draft: FormDraft) -> set[int]:
    """Whoever changed something of the draft, by id."""
    return set(FormStep.objects.filter(draft=draft).values_list("by_id", flat=True))


def steps_of(draft: FormDraft, *, most: int = 30) -> list[FormStep]:
    """The last changes of a draft, the newest first, without the form's content."""
    return list(
        FormStep.objects.filter(draft=draft)
        .select_related("by")
        .defer("resource")
        .order_by("-revision")[:most]
    )


def headings_known(facility: Organization) -> dict[str, dict[str, Any]]:
    """{code: the coding} of the headings in the menu of new documents, as the forms in use say them."""
    found = (
        _versions(facility)
        .filter(status=Questionnaire.Status.ACTIVE)
        .annotate(group=_GROUP)
        .values_list("group", flat=True)
    )
    return {group["code"]: group for group in found if group and group.get("code")}


def value_sets_known(systems: Iterable[CodeSystem] | None = None) -> dict[str, str]:
    """{reference: title} of the catalogues whose codes a field may ask for."""
    rows = CodeSystem.objects.order_by("code") if systems is None else systems
    return {row.url + EVERYTHING: row.name for row in rows if short_name(row.url) == row.code}
