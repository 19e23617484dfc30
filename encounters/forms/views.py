"""Pieces of a form while it is typed into. They hold no record: what is posted is worked on and forgotten."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from emr.accounts.access import signed_in
from encounters.forms import engine, screen
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import form_of
from encounters.forms.services import content_from_post, form_view


@require_POST
@signed_in
def state(request: HttpRequest, questionnaire: UUID) -> HttpResponse:
    """Which items the posted answers disable, and what is calculated from them (swapped out of band)."""
    row = get_object_or_404(Questionnaire, uuid=questionnaire)
    view = form_view(row, content_from_post(row, request.POST))
    context = {"form": view, "calculated": screen.calculated_items(view), "out_of_band": True}
    return render(request, "encounters/forms/_state.html", context)


@require_POST
@signed_in
def row(request: HttpRequest, questionnaire: UUID) -> HttpResponse:
    """An empty row for a repeating group, numbered after all that the page has."""
    found = get_object_or_404(Questionnaire, uuid=questionnaire)
    form = form_of(found)
    item = form.by_link_id.get(request.POST.get("forms.item", ""))
    above_text = request.POST.get("forms.above", "")
    above = tuple(int(part) for part in above_text.split(".") if part.isdecimal())
    if (
        item is None
        or not item.repeats
        or item.type != "group"
        or len(above) != len(form.repeaters[item.link_id])
    ):
        raise Http404
    index = engine.next_row(form, request.POST, item, above)
    language = (get_language() or "vi").split("-", maxsplit=1)[0]
    view = screen.new_row(form, item, above, index, language=language)
    context = {
        "row": view,
        "label": item.text.in_language(language),
        "form": {"questionnaire": str(found.uuid)},
    }
    return render(request, "encounters/forms/_row.html", context)
