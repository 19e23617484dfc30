"""What other rooms do with forms: load, begin, read what was posted, check, freeze, compare, show, print.

Everywhere `content` is the FHIR JSON of a QuestionnaireResponse: what a draft keeps and a version freezes.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.terminology.selectors import concept
from encounters.forms import catalogue, engine, paper, screen
from encounters.forms.engine.definition import Coding, Form
from encounters.forms.engine.parsing import parse
from encounters.forms.engine.typed import VIETNAM
from encounters.forms.engine.vocabulary import system_of
from encounters.forms.models import Questionnaire, QuestionnaireResponse
from encounters.forms.selectors import form_of, normal_code
from encounters.visits.models import Encounter
from patients.registry.models import Patient

Content = dict[str, Any]
Provider = Callable[[Any], object]
_PROVIDERS: dict[str, Provider] = {}


class NotFinished(DomainError):
    """A response can't be frozen yet; `problems` say where and why."""

    def __init__(self, problems: list[engine.Problem]) -> None:
        self.problems = problems
        super().__init__(_("The form is not complete, or something in it is not right."), code="not_finished")


# -- forms ---------------------------------------------------------------------------------------------------------------


def canonical_json(resource: object) -> bytes:
    """One spelling of a JSON value: keys sorted, no spaces, UTF-8. What checksums are taken of."""
    text = json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def checksum(resource: object) -> str:
    return hashlib.sha256(canonical_json(resource)).hexdigest()


@transaction.atomic
def load_questionnaire(
    resource: Mapping[str, Any], *, facility: Organization | None = None
) -> tuple[Questionnaire, bool]:
    """Put a form in force; (row, whether it is new). The same url|version again changes nothing.

    Raises InvalidQuestionnaire for a resource that the engine can't honour, DomainError when that url|version already
    has other content, or when url, version, title or code are missing.
    """
    form = parse(resource)
    if not (form.url and form.version and form.title and form.code):
        raise DomainError(_("A form needs url, version, title and a code."), code="incomplete_form")
    sha256 = checksum(resource)
    found = Questionnaire.objects.filter(url=form.url, version=form.version).first()
    if found is None:
        period = resource.get("effectivePeriod") or {}
        begins = dt.date.fromisoformat(str(period.get("start") or resource.get("date") or local_today())[:10])
        ends = dt.date.fromisoformat(str(period["end"])[:10]) if period.get("end") else None
        return Questionnaire.objects.create(
            facility=facility,
            url=form.url,
            version=form.version,
            code=normal_code(form.code),
            title=form.title.text,
            status=Questionnaire.Status.DRAFT if form.status == "draft" else Questionnaire.Status.ACTIVE,
            resource=resource,
            sha256=sha256,
            effective_from=begins,
            effective_to=ends,
        ), True
    if found.sha256 != sha256:
        message = _("%(form)s is already there with other content. Give the changed form a new version.")
        raise DomainError(message % {"form": form.canonical}, code="form_changed")
    return found, False


@transaction.atomic
def retire_questionnaire(*, questionnaire: Questionnaire, last_day: dt.date) -> Questionnaire:
    """Say until which day the form may be begun; records written on it stay as they are."""
    if last_day < questionnaire.effective_from:
        raise DomainError(_("The last day lies before the first."), code="bad_period", field="effective_to")
    questionnaire.effective_to = last_day
    questionnaire.save(update_fields=["effective_to"])
    return questionnaire


# -- prefilling ----------------------------------------------------------------------------------------------------------


def register_provider(name: str, provider: Provider) -> None:
    """Say where `%name…` of initial expressions comes from: `provider(context)` answers a JSON-like value.

    `context` is whatever the caller of `begin` passes (documents pass the encounter). Called once a form, only when the
    form asks. Values may be str, bool, int, float, Decimal, date, aware datetime, lists and mappings of these; a coded
    value is {"system", "code", "display"}. Registered in AppConfig.ready(); registering again replaces.
    """
    _PROVIDERS[name] = provider


def asked_of_providers(form: Form) -> set[str]:
    """What a form asks for: `patient.full_name`, `encounter.admitted_at` …"""
    expressions = [
        expression
        for item in form.walk()
        for expression in (item.initial_expression, item.rows_expression)
        if expression is not None
    ]
    ruled = [form.constraints, *(item.constraints for item in form.walk())]
    expressions += [constraint.expression for constraints in ruled for constraint in constraints]
    rows = {item.row_name for item in form.walk() if item.row_name}
    asked = {path for expression in expressions for path in expression.paths()}
    return {path for path in asked if path.split(".")[0] not in rows | {"resource", "context"}}


def _gathered(form: Form, context: object) -> dict[str, object]:
    names = {path.split(".")[0] for path in asked_of_providers(form)}
    return {name: _PROVIDERS[name](context) for name in sorted(names & _PROVIDERS.keys())}


def moment() -> str:
    """Now as a FHIR dateTime, to the minute, in Viet Nam's time."""
    return now().astimezone(VIETNAM).replace(second=0, microsecond=0).isoformat()


def begin(questionnaire: Questionnaire, *, context: object = None) -> Content:
    """The content of a new draft: initial values, prefilled from the registered providers."""
    form = form_of(questionnaire)
    variables = _gathered(form, context)
    return engine.write_response(engine.initial_response(form, variables=variables, now=moment()))


def begin_from(questionnaire: Questionnaire, *, earlier: Content, context: object = None) -> Content:
    """A new draft that carries on an earlier response; what providers know is asked anew (time, day of treatment).

    `earlier` may belong to another version of the form: what the new one doesn't have is left out.
    """
    form = form_of(questionnaire)
    variables = _gathered(form, context)
    previous, _problems = engine.read_response(earlier)
    return engine.write_response(engine.carry_over(form, previous, variables=variables, now=moment()))


# -- writing -------------------------------------------------------------------------------------------------------------


def refreshed(questionnaire: Questionnaire, content: Content, *, context: object = None) -> Content:
    """A draft opened again: read-only items as the providers know them now, unanswered ones prefilled, the rest as typed."""
    form = form_of(questionnaire)
    current, _problems = engine.read_response(content)
    variables = _gathered(form, context)
    return engine.write_response(engine.refresh(form, current, variables=variables, now=moment()))


def content_from_post(
    questionnaire: Questionnaire,
    data: QueryDict | Mapping[str, list[str]],
    *,
    stored: Content | None = None,
) -> Content:
    """The draft's content in a posted page: all that was typed, calculated items set anew. Other fields are ignored.

    Give the draft as `stored`, so that read-only items stay as they are there, whatever was posted. Raises DomainError
    for answers to items that the form doesn't have: the page belongs to another version.
    """
    form = form_of(questionnaire)
    fields = dict(data.lists()) if isinstance(data, QueryDict) else data
    decoded = engine.decode(form, fields)
    if decoded.unknown:
        raise DomainError(
            _("This page belongs to another version of the form. Open it again."), code="other_form"
        )
    response = decoded.response
    if stored is not None:
        response = engine.keep_read_only(form, response, engine.read_response(stored)[0])
    return engine.write_response(engine.calculate(form, response, now=moment()))


def with_fields(questionnaire: Questionnaire, content: Content, fields: Mapping[str, str]) -> Content:
    """The content with these fields written as a page would post them, read-only ones too; the rest stays."""
    form = form_of(questionnaire)
    current, _problems = engine.read_response(content)
    decoded = engine.decode(
        form, engine.encode(form, current) | {name: [text] for name, text in fields.items()}
    )
    if decoded.unknown:
        raise ValueError(f"the form has no {', '.join(decoded.unknown)}")
    return engine.write_response(engine.calculate(form, decoded.response, now=moment()))


def check(
    questionnaire: Questionnaire, content: Content, *, complete: bool = True, context: object = None
) -> list[engine.Problem]:
    """What is wrong or (with `complete`) missing, in the order of the form. No errors among them: it may be frozen.

    Rules that ask the providers (sex, age) are looked at when `context` is given.
    """
    form = form_of(questionnaire)
    return engine.validate(
        form,
        content,
        complete=complete,
        membership=_is_member,
        now=moment(),
        variables=_gathered(form, context) if context is not None else None,
        language=(get_language() or "vi").split("-", maxsplit=1)[0],
    )


def _is_member(value_set: str, coding: Coding) -> bool | None:
    """Whether the catalogue holds the code, in force or not: a form filled in late may use a code since withdrawn."""
    system = system_of(value_set)
    name = catalogue.short_name(system)
    if not name:
        return None
    if coding.system != system:
        return False
    return concept(name, coding.code) is not None


@dataclass(frozen=True, slots=True)
class Blank:
    """A question that nobody answered: its field on the page, its linkId, its words, those of the part that it stands in."""

    id: str
    link_id: str
    label: str
    part: str
    is_required: bool


def blanks(questionnaire: Questionnaire, content: Content, *, language: str = "vi") -> list[Blank]:
    """The questions of the form without an answer, in its order: those that are asked, and that a person answers.

    What is filled in by the system, or not asked by its own conditions, is left out. No query.
    """
    form = form_of(questionnaire)
    response, _unreadable = engine.read_response(content)
    tree = engine.arrange(form, response, now=moment())
    found = []
    for part in tree.nodes:
        words = part.item.text.in_language(language)
        for node in part.walk():
            item = node.item
            if not item.is_question or item.read_only or item.hidden or item.section or node.answers:
                continue
            if tree.is_enabled(node):
                place = screen.id_of(node.answer_path(0))
                label = item.text.in_language(language) or words
                found.append(Blank(place, item.link_id, label, words, item.required or bool(item.min_occurs)))
    return found


@transaction.atomic
def store_response(
    *,
    questionnaire: Questionnaire,
    content: Content,
    facility: Organization,
    patient: Patient,
    encounter: Encounter | None,
    author: User,
    status: str = "completed",
) -> QuestionnaireResponse:
    """Freeze the answers: disabled items and empty rows are left out, the rest must be complete and right.

    Raises NotFinished with the problems.
    """
    form = form_of(questionnaire)
    response, _unreadable = engine.read_response(content)
    problems = check(questionnaire, content)
    if any(problem.severity == "error" for problem in problems):
        raise NotFinished(problems)
    at = now()
    frozen = engine.prune(form, engine.calculate(form, response, now=moment()), now=moment())
    frozen.questionnaire, frozen.status = form.canonical, status
    resource = {
        **engine.write_response(frozen),
        "authored": at.astimezone(VIETNAM).isoformat(timespec="seconds"),
    }
    return QuestionnaireResponse.objects.create(
        facility=facility,
        questionnaire=questionnaire,
        patient=patient,
        encounter=encounter,
        author=author,
        authored_at=at,
        resource=resource,
        sha256=checksum(resource),
    )


def compare(
    questionnaire: Questionnaire, before: Content, after: Content, *, language: str = "vi"
) -> list[engine.Change]:
    """The items whose answers differ, with both texts; `change.path` is the field's name on the page."""
    earlier, _one = engine.read_response(before)
    later, _other = engine.read_response(after)
    return engine.difference(form_of(questionnaire), earlier, later, language=language)


def answers_of(content: Content, link_id: str) -> list[engine.Answer]:
    """All answers to one question wherever it stands: for a list's summary line, an index, an export."""

    def walk(entries: Iterable[engine.Entry]) -> Iterable[engine.Answer]:
        for entry in entries:
            if entry.link_id == link_id:
                yield from entry.answers
            yield from walk(entry.items)
            for answer in entry.answers:
                yield from walk(answer.items)

    response, _problems = engine.read_response(content)
    return list(walk(response.items))


# -- showing -------------------------------------------------------------------------------------------------------------


def form_view(
    questionnaire: Questionnaire,
    content: Content,
    *,
    problems: Iterable[engine.Problem] = (),
    changes: Iterable[engine.Change] = (),
    sections: Mapping[str, str] | None = None,
    language: str = "",
) -> screen.FormView:
    """What `{% include "encounters/forms/_form.html" with form=… %}` needs, inside a <form> of the page.

    `problems` mark fields and make the summary, `changes` mark what differs, `sections` are safe fragments by name
    ("orders"). The page loads static/js/forms.js as a module.
    """
    response, _unreadable = engine.read_response(content)
    view = screen.form_view(
        form_of(questionnaire),
        response,
        language=(language or get_language() or "vi").split("-", maxsplit=1)[0],
        now=moment(),
        problems=problems,
        changes=changes,
        sections=sections,
    )
    view.questionnaire = str(questionnaire.uuid)
    return view


def print_body(
    questionnaire: Questionnaire,
    content: Content,
    *,
    language: str = "vi",
    sections: Mapping[str, str] | None = None,
    at: str = "",
) -> SafeString:
    """The form's body as HTML for paper, without heading and signatures (static/print/questionnaire.css); the same arguments
    give the same bytes. `at` (a FHIR dateTime) is what now() means to the form's expressions.
    """
    response, _unreadable = engine.read_response(content)
    return paper.print_body(form_of(questionnaire), response, language=language, sections=sections, now=at)


def print_parts(
    questionnaire: Questionnaire,
    content: Content,
    *,
    language: str = "vi",
    sections: Mapping[str, str] | None = None,
    at: str = "",
) -> dict[str, SafeString]:
    """The columns of a form laid out in columns, by linkId: for 36/BV2 `when`, `course`, `orders`, to compose one sheet."""
    response, _unreadable = engine.read_response(content)
    return paper.print_parts(form_of(questionnaire), response, language=language, sections=sections, now=at)


def columns_of(questionnaire: Questionnaire, *, language: str = "vi") -> list[paper.Column]:
    """The columns whose contents `print_parts` gives, in order, with the words above them."""
    return paper.columns_of(form_of(questionnaire), language=language)


def sections_in(questionnaire: Questionnaire) -> frozenset[str]:
    """The names of the places that the form keeps for other rooms."""
    return frozenset(item.section for item in form_of(questionnaire).walk() if item.section)
