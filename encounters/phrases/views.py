"""One's phrases and one's department's: looked after here, opened while typing."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.phrases import permissions, services
from encounters.phrases.access import access_phrase, may_change, shared_departments
from encounters.phrases.forms import PhraseForm
from encounters.phrases.models import Phrase
from encounters.phrases.selectors import phrases_of, texts_of

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.USE)
def phrases(request: StaffRequest) -> HttpResponse:
    """Those that open for this person, and a new one."""
    form = PhraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _keep(request, form, None):
        return redirect("encounters:phrases:list")
    words = request.GET.get("q", "")[:80]
    page = Paginator(phrases_of(request.user, words), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "words": words,
        "page": page,
        "rows": [(phrase, may_change(request.user, phrase)) for phrase in page],
        "departments": shared_departments(request.user),
    }
    return render(request, "encounters/phrases/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.USE)
def phrase(request: StaffRequest, phrase_uuid: UUID) -> HttpResponse:
    """One phrase, to be changed."""
    found = access_phrase(request.user, phrase_uuid)
    form = PhraseForm(request.POST or {"abbreviation": found.abbreviation, "text": found.text})
    if request.method == "POST" and form.is_valid() and _keep(request, form, found):
        return redirect("encounters:phrases:list")
    context = {"form": form, "phrase": found}
    return render(request, "encounters/phrases/edit.html", context, status=422 if form.errors else 200)


def _keep(request: StaffRequest, form: PhraseForm, found: Phrase | None) -> bool:
    """Whether it could be kept; what is wrong stands at its field."""
    chosen = form.department_uuid() if found is None else None
    department = shared_departments(request.user).filter(uuid=chosen).first() if chosen else None
    if chosen and department is None:
        raise Denied(permissions.SHARE, hidden=False)
    try:
        kept = services.keep_phrase(
            by=request.user,
            abbreviation=form.cleaned_data["abbreviation"],
            text=form.cleaned_data["text"],
            department=department,
            phrase=found,
        )
    except DomainError as error:
        form.add_error(error.field or None, str(error))
        return False
    messages.success(request, _("Type .%(short)s and a space to write it.") % {"short": kept.abbreviation})
    return True


@require_POST
@requires(permissions.USE)
def remove(request: StaffRequest, phrase_uuid: UUID) -> HttpResponse:
    """It doesn't open any more."""
    found = access_phrase(request.user, phrase_uuid)
    services.remove_phrase(phrase_uuid=found.uuid, by=request.user)
    messages.success(request, _("“.%(short)s” was taken away.") % {"short": found.abbreviation})
    return redirect("encounters:phrases:list")


@require_safe
@requires(permissions.USE)
def texts(request: StaffRequest) -> HttpResponse:
    """What opens while this person types, for the page that they type on."""
    return JsonResponse({"phrases": texts_of(request.user)})
