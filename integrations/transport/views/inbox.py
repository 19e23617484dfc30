"""Messages: searched, and shown raw beside what was understood, patient data hidden."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.ui.limits import heavy
from integrations.transport import permissions, selectors, services
from integrations.transport.access import access_message
from integrations.transport.forms import DismissForm, MessageFilterForm
from integrations.transport.models import Message
from integrations.transport.readers import reader_for, shown
from integrations.transport.reasons import reason_text

PAGE_SIZE = 50


@requires(permissions.READ)
@heavy
@require_http_methods(["GET", "POST"])
def message_list(request: StaffRequest) -> HttpResponse:
    """The facility's messages, newest first; what they are narrowed by travels by POST."""
    names = [(str(channel.uuid), channel.name) for channel in selectors.channels_for(request.user)]
    # A link from another page may name a state; everything else is asked by POST.
    initial = {name: request.GET.get(name, "") for name in ("state", "direction", "channel")}
    form = MessageFilterForm(request.POST if request.method == "POST" else initial, channels=names)
    wanted = dict(form.cleaned_data) if form.is_valid() else {}
    number = wanted.pop("page", None) or 1
    page = Paginator(selectors.messages_for(request.user, **wanted), PAGE_SIZE).get_page(number)
    used = sorted(name for name, value in wanted.items() if value)
    record("hl7_message.list", by=request.user, detail={"filters": used, "count": len(page)})
    fragment = bool(request.htmx) and not request.htmx.boosted
    template = "integrations/transport/_messages.html" if fragment else "integrations/transport/messages.html"
    return render(request, template, {"form": form, "page": page})


@requires(permissions.READ)
@require_GET
def message(request: StaffRequest, message_uuid: UUID) -> HttpResponse:
    """One message: as it came, as it was understood, what became of it."""
    return _page(request, access_message(request.user, message_uuid))


def _page(request: StaffRequest, found: Message, form: DismissForm | None = None) -> HttpResponse:
    answer = (
        reader_for(found.channel.protocol).show(bytes(found.reply).strip(b"\x0b\x1c\r"), "")
        if found.reply
        else None
    )
    remarks = [reason_text(reason, detail) for reason, detail in found.state_row.remarks]
    letters = list(found.dead_letters.select_related("resolved_by").order_by("-id"))
    for letter in letters:
        letter.text = reason_text(letter.reason, letter.detail)  # type: ignore[attr-defined]  # for the template
    record("hl7_message.read", by=request.user, of=found)
    reader = reader_for(found.channel.protocol)
    said = [(one.code, reader.show(bytes(one.raw), "")) for one in found.acknowledgements.order_by("pk")]
    context = {
        "message": found,
        "shown": shown(found),
        "answer": answer,
        "said": said,
        "remarks": remarks,
        "letters": letters,
        "form": form or DismissForm(),
    }
    return render(request, "integrations/transport/message.html", context, status=422 if form else 200)


@requires(permissions.REPAIR)
@require_POST
def resend(request: StaffRequest, message_uuid: UUID) -> HttpResponse:
    """Send an outgoing message once more."""
    found = access_message(request.user, message_uuid)
    try:
        services.resend(found, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is sent again, with the same control id."))
    return redirect("integrations:transport:message", found.uuid)


@requires(permissions.REPAIR)
@require_POST
def set_aside(request: StaffRequest, message_uuid: UUID) -> HttpResponse:
    """Take an outgoing message out of the queue."""
    found = access_message(request.user, message_uuid)
    form = DismissForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    try:
        services.set_aside(found, note=form.cleaned_data["note"], by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Set aside."))
    return redirect("integrations:transport:message", found.uuid)
