"""The workbench: a draft's fields as a tree, each changed in its place, form and print beside it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.designing import items, permissions, preview, services, tree
from encounters.designing.access import access_draft
from encounters.designing.checks import findings
from encounters.designing.elements import Json
from encounters.designing.forms import FieldForm, HeadingForm, ItemForm
from encounters.designing.models import FormDraft
from encounters.designing.selectors import headings_known, steps_of, value_sets_known
from encounters.designing.views.library import pdf_answer
from encounters.forms.engine import InvalidQuestionnaire, parse
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import CALCULATED

_WAYS = ("up", "down", "in", "out")


@require_safe
@requires(permissions.READ)
def draft(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """The draft; `item` in the address is the field in hand. For htmx the tree alone."""
    found = access_draft(request.user, draft_uuid)
    if not request.htmx:
        record("form.read", by=request.user, of=found, detail={"code": found.code})
    context = _bench(request, found, request.GET.get("item", "")[:255])
    if request.htmx:
        return render(request, "encounters/designing/_bench.html", context)
    return render(request, "encounters/designing/draft.html", context | _shown(request, found))


def _bench(request: StaffRequest, found: FormDraft, chosen: str, **more: Any) -> dict[str, Any]:
    """What the tree shows. `more`: forms that were refused."""
    may_edit = found.is_open and request.user.has_right(permissions.EDIT)
    rows = [_row(place, chosen) for place in tree.places(found.resource)]
    in_hand = next((row for row in rows if row["is_chosen"]), None)
    context: dict[str, Any] = {
        "draft": found,
        "rows": rows,
        "in_hand": in_hand,
        "may_edit": may_edit,
        "may_publish": found.is_open and request.user.has_right(permissions.PUBLISH),
        "steps": steps_of(found),
    }
    if may_edit:
        context["add_form"] = FieldForm(auto_id="add_%s")
        context["heading_form"] = HeadingForm(
            resource=found.resource, headings=headings_known(found.facility), auto_id="heading_%s"
        )
        if in_hand is not None:
            context["item_form"] = _item_form(found, in_hand["item"])
    return context | more


def _row(place: tree.Place, chosen: str) -> dict[str, Any]:
    item = place.item
    return {
        "item": item,
        "link_id": place.link_id,
        "label": str(item.get("text") or place.link_id)[:120],
        "kind": items.TYPES.get(str(item.get("type")), item.get("type")),
        "type": item.get("type"),
        "depth": min(place.depth, 8),
        "is_chosen": place.link_id == chosen,
        "is_required": item.get("required") is True,
        "is_conditional": bool(item.get("enableWhen")),
        "is_calculated": CALCULATED in Extensions(item).urls(),
        "section": items.section_of(item),
    }


def _item_form(found: FormDraft, item: Json, data: Any = None) -> ItemForm:
    before = found.based_on.resource if found.based_on is not None else {}
    return ItemForm(
        data,
        resource=found.resource,
        item=item,
        value_sets=value_sets_known(),
        fixed=item.get("linkId") in tree.link_ids(before),
    )


# -- steps ---------------------------------------------------------------------------------------------------------------


@require_POST
@requires(permissions.EDIT)
def add(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """A field of a type with its words; `where` is behind or inside the field named in `link_id`."""
    found = access_draft(request.user, draft_uuid, permissions.EDIT)
    asked, link_id = FieldForm(request.POST, auto_id="add_%s"), _link_id(request)
    if not asked.is_valid():
        return _again(request, found, link_id, add_form=asked)
    inside = request.POST.get("where") == "inside"
    try:
        changed, new = services.add_field(
            draft=found,
            revision=_revision(request),
            by=request.user,
            kind=asked.cleaned_data["kind"],
            words=asked.cleaned_data["words"],
            after="" if inside else link_id,
            inside=link_id if inside else "",
        )
    except DomainError as refusal:
        return _refused(request, found, link_id, refusal)
    return _done(request, changed, new)


@require_POST
@requires(permissions.EDIT)
def field(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """What the field's editor says."""
    found, link_id = access_draft(request.user, draft_uuid, permissions.EDIT), _link_id(request)
    try:
        asked = _item_form(found, tree.place_of(found.resource, link_id).item, request.POST)
        if not asked.is_valid():
            return _again(request, found, link_id, item_form=asked)
        changed, now_named = services.change_field(
            draft=found, revision=_revision(request), by=request.user, link_id=link_id, told=asked.told()
        )
    except DomainError as refusal:
        if refusal.field and not isinstance(refusal, Conflict):
            asked.add_error(refusal.field, str(refusal))
            return _again(request, found, link_id, item_form=asked)
        return _refused(request, found, link_id, refusal)
    return _done(request, changed, now_named)


@require_POST
@requires(permissions.EDIT)
def step(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """`verb`: up, down, in, out, copy, remove (the field in `link_id`), take_back (the last step)."""
    found, link_id = access_draft(request.user, draft_uuid, permissions.EDIT), _link_id(request)
    told: dict[str, Any] = {"draft": found, "revision": _revision(request), "by": request.user}
    verb = request.POST.get("verb", "")
    try:
        if verb in _WAYS:
            changed, in_hand = services.move_field(**told, link_id=link_id, way=verb)
        elif verb == "copy":
            changed, in_hand = services.twin_field(**told, link_id=link_id)
        elif verb == "remove":
            changed, in_hand = services.remove_field(**told, link_id=link_id)
        elif verb == "take_back":
            changed, in_hand = services.take_back(**told), link_id
        else:
            return HttpResponse(status=400)
    except DomainError as refusal:
        return _refused(request, found, link_id, refusal)
    return _done(request, changed, in_hand)


@require_POST
@requires(permissions.EDIT)
def heading(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """What is said of the form as a whole."""
    found = access_draft(request.user, draft_uuid, permissions.EDIT)
    asked = HeadingForm(
        request.POST,
        resource=found.resource,
        headings=headings_known(found.facility),
        auto_id="heading_%s",
    )
    if not asked.is_valid():
        return _again(request, found, "", heading_form=asked)
    try:
        changed, _none = services.change_heading(
            draft=found, revision=_revision(request), by=request.user, heading=asked.heading()
        )
    except DomainError as refusal:
        return _refused(request, found, "", refusal)
    return _done(request, changed, "")


def _link_id(request: StaffRequest) -> str:
    # The editor's own field `link_id` is the name that it shall have.
    return request.POST.get("of", "")[:255]


def _revision(request: StaffRequest) -> int:
    told = request.POST.get("revision", "")
    return int(told) if told.isdecimal() and len(told) < 10 else 0


def _done(request: StaffRequest, changed: FormDraft, link_id: str) -> HttpResponse:
    if not request.htmx:
        address = reverse("encounters:designing:draft", args=[changed.uuid])
        return redirect(f"{address}?{urlencode({'item': link_id})}" if link_id else address)
    fresh = access_draft(request.user, changed.uuid)
    answer = render(request, "encounters/designing/_bench.html", _bench(request, fresh, link_id))
    answer["HX-Trigger"] = "form-changed"
    return answer


def _again(request: StaffRequest, found: FormDraft, link_id: str, **forms: Any) -> HttpResponse:
    context = _bench(request, found, link_id, **forms)
    if request.htmx:
        return render(request, "encounters/designing/_bench.html", context, status=422)
    return render(request, "encounters/designing/draft.html", context | _shown(request, found), status=422)


def _refused(request: StaffRequest, found: FormDraft, link_id: str, refusal: DomainError) -> HttpResponse:
    """The form as it stands now, with why nothing was changed."""
    fresh = access_draft(request.user, found.uuid)
    context = _bench(request, fresh, link_id) | {"refusal": str(refusal)}
    status = 409 if isinstance(refusal, Conflict) else 422
    if not request.htmx:
        return render(
            request, "encounters/designing/draft.html", context | _shown(request, fresh), status=status
        )
    answer = render(request, "encounters/designing/_bench.html", context, status=status)
    answer["HX-Trigger"] = "form-changed"
    return answer


# -- beside it -----------------------------------------------------------------------------------------------------------


@require_safe
@requires(permissions.READ)
def preview_pane(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """The form as it stands now: as clinicians get it, or (`show=print`) as it is printed."""
    found = access_draft(request.user, draft_uuid)
    return render(request, "encounters/designing/_preview.html", {"draft": found} | _shown(request, found))


def _shown(request: StaffRequest, found: FormDraft) -> dict[str, Any]:
    show = "print" if request.GET.get("show") == "print" else "form"
    before = found.based_on.resource if found.based_on is not None else None
    context: dict[str, Any] = {"show": show, "findings": findings(found.resource, before=before)}
    if show == "form":
        try:
            context["form"] = preview.as_page(found.resource)
        except InvalidQuestionnaire:
            context["form"] = None
    return context


@require_safe
@requires(permissions.READ)
def draft_print(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """The print of the draft with made-up answers; 404 while it isn't sound."""
    found = access_draft(request.user, draft_uuid)
    try:
        form = parse(found.resource)
    except InvalidQuestionnaire:
        return HttpResponse(status=404)
    facility = found.facility
    return pdf_answer(
        preview.as_pdf(form, code=found.code, facility=facility.name, authority=facility.authority)
    )
