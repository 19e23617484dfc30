"""Beginning drafts: of a version, of nothing, of a copy, of a file; and throwing one away."""

import copy
import re

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from encounters.designing.elements import Json, put_translation
from encounters.designing.exchange import Taken, read_file
from encounters.designing.models import FormDraft, FormStep
from encounters.designing.selectors import open_draft, versions_of
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import normal_code

_ACTIONS = {"begin": "form.begin", "copy_form": "form.copy", "import": "form.import"}
_CODE = re.compile(r"[0-9A-ZĐ][0-9A-ZĐ./-]{1,19}")


@transaction.atomic
def begin_draft(*, version: Questionnaire, by: User) -> FormDraft:
    """What will follow this version; the one that is open already when there is one."""
    facility = _locked(by)
    if (found := open_draft(facility, version.code)) is not None:
        return found
    return _begun(facility, version.code, copy.deepcopy(version.resource), by, based_on=version, verb="begin")


@transaction.atomic
def begin_new(*, code: str, title: str, by: User) -> FormDraft:
    """A form of the house's own, empty but for one field.

    Raises DomainError for a code that isn't one or is in use, and without a title.
    """
    facility = _locked(by)
    code, title = _free_code(facility, code), _title(title)
    item = {"linkId": "field", "text": _("First field"), "type": "string"}
    return _begun(facility, code, _blank(title) | {"item": [item]}, by, verb="begin")


@transaction.atomic
def begin_copy(*, version: Questionnaire, code: str, title: str, by: User) -> FormDraft:
    """A form of the house's own that begins as a copy of another one. Raises as `begin_new`."""
    facility = _locked(by)
    code, title = _free_code(facility, code), _title(title)
    resource = copy.deepcopy(version.resource) | {"title": title}
    put_translation(resource, "title", "en", "")
    return _begun(facility, code, resource, by, verb="copy_form")


@transaction.atomic
def take_in_file(
    *, content: bytes, code: str, by: User, without_formulas: bool = False
) -> tuple[FormDraft, Taken]:
    """A draft from a FHIR Questionnaire file: of a new form, or of the next version of the one with that code.

    Raises NotAForm with what is wrong in the file, DomainError for a code that isn't one and Conflict while that form is
    being changed already.
    """
    facility = _locked(by)
    code = _good_code(code)
    taken = read_file(content, without_formulas=without_formulas)
    if open_draft(facility, code) is not None:
        message = _("This form is being changed already. Publish or discard that draft first.")
        raise Conflict(message, code="draft_open", field="code")
    lines = versions_of(facility, code)
    based_on = next((line.version for line in lines if line.is_present), lines[0].version if lines else None)
    if based_on is None:
        code = _free_code(facility, code)
    return _begun(facility, code, copy.deepcopy(taken.resource), by, based_on=based_on, verb="import"), taken


@transaction.atomic
def discard_draft(*, draft: FormDraft, by: User) -> FormDraft:
    """Throw a draft away: it can't be worked on any more; its steps stay. A second time changes nothing."""
    draft = FormDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if draft.status == FormDraft.Status.DISCARDED:
        return draft
    if not draft.is_open:
        raise Conflict(_("This draft is published already."), code="published")
    draft.status = FormDraft.Status.DISCARDED
    draft.save(update_fields=["status"])
    record("form.discard", by=by, of=draft, detail={"code": draft.code, "revision": draft.revision})
    return draft


def _locked(by: User) -> Organization:
    """One after another: a form has one open draft, a code one form."""
    return Organization.objects.select_for_update().get(pk=by.facility_id)


def _begun(
    facility: Organization,
    code: str,
    resource: Json,
    by: User,
    *,
    verb: str,
    based_on: Questionnaire | None = None,
) -> FormDraft:
    draft = FormDraft.objects.create(
        facility=facility, code=code, resource=resource, based_on=based_on, changed_by=by
    )
    FormStep.objects.create(
        facility=facility, draft=draft, revision=1, verb=verb, resource=resource, by=by, at=draft.changed_at
    )
    detail = {"code": code} | ({"after": based_on.version} if based_on is not None else {})
    record(_ACTIONS[verb], by=by, of=draft, detail=detail)
    return draft


def _blank(title: str) -> Json:
    return {
        "resourceType": "Questionnaire",
        "language": "vi",
        "title": title,
        "status": "draft",
        "subjectType": ["Encounter"],
    }


def _title(title: str) -> str:
    if not (found := tidy(title)[:200]):
        raise DomainError(_("Give the form a title."), code="no_title", field="title")
    return found


def _good_code(code: str) -> str:
    found = normal_code(tidy(code).upper())
    if not _CODE.fullmatch(found):
        message = _("A code is 2 to 20 capital letters, digits, full stops, slashes and hyphens: NB-01/K03.")
        raise DomainError(message, code="bad_code", field="code")
    return found


def _free_code(facility: Organization, code: str) -> str:
    found = _good_code(code)
    if found.endswith("/BV1"):
        message = _("…/BV1 are the types of record that the ministry lays down: change one of those.")
        raise DomainError(message, code="record_code", field="code")
    if versions_of(facility, found) or open_draft(facility, found) is not None:
        message = _("There is a form %(code)s already. Change that one, or choose another code.")
        raise DomainError(message % {"code": found}, code="code_taken", field="code")
    return found
