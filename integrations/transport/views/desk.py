"""The dead-letter desk: why, what helps; correct, replay, set aside."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from integrations.transport import permissions, selectors, services
from integrations.transport.access import access_dead_letter
from integrations.transport.forms import DismissForm, ReplayForm
from integrations.transport.models import DeadLetter
from integrations.transport.readers import charset_of, reader_for, shown
from integrations.transport.reasons import reason_advice, reason_text

PAGE_SIZE = 50


@requires(permissions.READ)
@require_GET
def dead_letters(request: StaffRequest) -> HttpResponse:
    """What a person has to work through."""
    page = Paginator(selectors.open_dead_letters(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    for letter in page:
        letter.text = reason_text(letter.reason, letter.detail)  # type: ignore[attr-defined]  # for the template
    record("dead_letter.list", by=request.user, detail={"count": len(page)})
    return render(request, "integrations/transport/dead_letters.html", {"page": page})


@requires(permissions.READ)
@require_GET
def waiting_panel(request: StaffRequest) -> HttpResponse:
    """The role's home: how many wait."""
    count = selectors.open_dead_letters(request.user).count()
    record("dead_letter.list", by=request.user, detail={"count": count})
    return render(request, "integrations/transport/_panel.html", {"count": count})


@requires(permissions.READ)
@require_GET
def dead_letter(request: StaffRequest, letter_uuid: UUID) -> HttpResponse:
    """One message that couldn't be used, ready to be corrected."""
    letter = access_dead_letter(request.user, letter_uuid)
    record("dead_letter.read", by=request.user, of=letter)
    return _page(request, letter)


def _page(
    request: StaffRequest,
    letter: DeadLetter,
    form: ReplayForm | None = None,
    dismiss: DismissForm | None = None,
) -> HttpResponse:
    seen = shown(letter.message)
    context = {
        "letter": letter,
        "message": letter.message,
        "shown": seen,
        "reason": reason_text(letter.reason, letter.detail),
        "advice": reason_advice(letter.reason),
        "form": form or ReplayForm(initial={"text": seen.text}),
        "dismiss_form": dismiss or DismissForm(),
    }
    status = 422 if form is not None or dismiss is not None else 200
    return render(request, "integrations/transport/dead_letter.html", context, status=status)


@requires(permissions.REPAIR)
@require_POST
def replay(request: StaffRequest, letter_uuid: UUID) -> HttpResponse:
    """Try the message again as it is."""
    letter = access_dead_letter(request.user, letter_uuid)
    try:
        services.replay(letter, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("integrations:transport:dead_letter", letter.uuid)
    messages.success(request, _("The message is tried again."))
    return redirect("integrations:transport:message", letter.message.uuid)


@requires(permissions.REPAIR)
@require_POST
def replay_edited(request: StaffRequest, letter_uuid: UUID) -> HttpResponse:
    """Try a corrected copy; the original stays."""
    letter = access_dead_letter(request.user, letter_uuid)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    channel = letter.message.channel
    try:
        raw, number = reader_for(channel.protocol).restore(
            form.cleaned_data["text"], bytes(letter.message.raw), charset_of(channel)
        )
        copy = services.replay_edited(letter, raw=raw, patient_number=number, by=request.user)
    except DomainError as refusal:
        form.add_error("text" if refusal.field == "text" else None, str(refusal))
        return _page(request, letter, form)
    messages.success(request, _("The corrected copy is tried now; the original stays as it came."))
    return redirect("integrations:transport:message", copy.uuid)


@requires(permissions.REPAIR)
@require_POST
def dismiss(request: StaffRequest, letter_uuid: UUID) -> HttpResponse:
    """Set the message aside for good."""
    letter = access_dead_letter(request.user, letter_uuid)
    form = DismissForm(request.POST)
    if not form.is_valid():
        return _page(request, letter, dismiss=form)
    try:
        services.dismiss(letter, note=form.cleaned_data["note"], by=request.user)
    except DomainError as refusal:
        form.add_error("note" if refusal.field == "note" else None, str(refusal))
        return _page(request, letter, dismiss=form)
    messages.success(request, _("Set aside."))
    return redirect("integrations:transport:dead_letters")
