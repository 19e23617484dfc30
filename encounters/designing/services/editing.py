"""Changing a draft, one step after another. Each step names the revision that its page showed."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.designing import elements, items, tree
from encounters.designing.elements import Json
from encounters.designing.exchange import MAX_BYTES
from encounters.designing.models import FormDraft, FormStep
from encounters.forms.engine.vocabulary import AUTHORS, FORM_GROUP, SIGNERS
from encounters.forms.services import canonical_json

# Puts the step into the form; answers the linkId of the field that it leaves in hand ("" for none).
Change = Callable[[Json], str]


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said of a form as a whole. `group`: the coding of its heading in the menu, `signers`: (whose, as what)."""

    title: str
    other_title: str
    description: str
    authors: str
    group: Json | None
    signers: Sequence[tuple[str, str]]


def add_field(
    *, draft: FormDraft, revision: int, by: User, kind: str, words: str, after: str = "", inside: str = ""
) -> tuple[FormDraft, str]:
    """A new field of a type behind another one, as the last of a group, or at the end; answers its linkId."""

    def change(resource: Json) -> str:
        item = items.new_item(resource, kind, words)
        tree.add(resource, item, after=after, inside=inside)
        return str(item["linkId"])

    return _step(draft, revision, by, "add", change)


def change_field(
    *, draft: FormDraft, revision: int, by: User, link_id: str, told: Mapping[str, Any]
) -> tuple[FormDraft, str]:
    """What the field's editor was told (the names of `items.read_item`). Raises DomainError by field for what can't be."""
    return _step(draft, revision, by, "change", lambda resource: items.write_item(resource, link_id, told))


def move_field(*, draft: FormDraft, revision: int, by: User, link_id: str, way: str) -> tuple[FormDraft, str]:
    """Up, down, into the group before it, out of the group around it."""

    def change(resource: Json) -> str:
        tree.move(resource, link_id, way)
        return link_id

    return _step(draft, revision, by, "move", change)


def twin_field(*, draft: FormDraft, revision: int, by: User, link_id: str) -> tuple[FormDraft, str]:
    """A copy of the field, with all below it, behind it."""
    return _step(draft, revision, by, "copy", lambda resource: tree.duplicate(resource, link_id))


def remove_field(*, draft: FormDraft, revision: int, by: User, link_id: str) -> tuple[FormDraft, str]:
    """Take the field away with all below it. Raises DomainError while another field is asked by its answer."""

    def change(resource: Json) -> str:
        tree.remove(resource, link_id)
        return ""

    return _step(draft, revision, by, "remove", change)


def change_heading(*, draft: FormDraft, revision: int, by: User, heading: Heading) -> tuple[FormDraft, str]:
    """Title, description, heading in the menu, who writes it, places to sign."""

    def change(resource: Json) -> str:
        elements.put(resource, "title", heading.title)
        other = elements.other_language(resource)
        if heading.other_title != elements.translation(resource, "title", other):
            elements.put_translation(resource, "title", other, heading.other_title)
        elements.put(resource, "description", heading.description)
        elements.put_extension(resource, AUTHORS, "valueCode", heading.authors)
        places = [{"url": of, "valueString": words} for of, words in heading.signers]
        elements.put_parts(resource, SIGNERS, places)
        kept = [coding for coding in resource.get("code", []) if coding.get("system") != FORM_GROUP]
        elements.put(resource, "code", [*kept, *([heading.group] if heading.group else [])] or None)
        return ""

    return _step(draft, revision, by, "heading", change)


@transaction.atomic
def take_back(*, draft: FormDraft, revision: int, by: User) -> FormDraft:
    """The form as it was before the last step that isn't taken back yet; nothing at the beginning."""
    draft = _locked(draft, revision)
    last = FormStep.objects.get(draft=draft, revision=draft.revision)
    if last.before is None:
        return draft
    earlier = FormStep.objects.get(draft=draft, revision=last.before)
    return _kept(draft, by, "take_back", "", earlier.resource, before=earlier.before)


@transaction.atomic
def _step(draft: FormDraft, revision: int, by: User, verb: str, change: Change) -> tuple[FormDraft, str]:
    draft = _locked(draft, revision)
    resource = copy.deepcopy(draft.resource)
    link_id = change(resource)
    if resource == draft.resource:
        return draft, link_id
    if len(canonical_json(resource)) > MAX_BYTES:
        raise DomainError(_("A form can't be larger than 1 MB."), code="too_large")
    return _kept(draft, by, verb, link_id, resource, before=draft.revision), link_id


def _locked(draft: FormDraft, revision: int) -> FormDraft:
    draft = FormDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if not draft.is_open:
        raise Conflict(
            _("This draft is published or discarded: it can't be changed any more."), code="closed"
        )
    if draft.revision != revision:
        raise Conflict(_("The form was changed after this page showed it. Here it is as it stands now."))
    return draft


def _kept(
    draft: FormDraft, by: User, verb: str, link_id: str, resource: Json, *, before: int | None
) -> FormDraft:
    draft.resource, draft.changed_by, draft.changed_at = resource, by, now()
    draft.revision += 1
    draft.save(update_fields=["resource", "revision", "changed_by", "changed_at"])
    FormStep.objects.create(
        facility_id=draft.facility_id,
        draft=draft,
        revision=draft.revision,
        verb=verb,
        link_id=link_id,
        before=before,
        resource=resource,
        by=by,
        at=draft.changed_at,
    )
    detail = {"code": draft.code, "revision": draft.revision, "step": verb} | (
        {"field": link_id} if link_id else {}
    )
    record("form.change_draft", by=by, of=draft, detail=detail)
    return draft
