"""How I am reached."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import signed_in
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.notices import selectors, services
from emr.notices.channels import channels
from emr.notices.forms import ContactForm


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: StaffRequest) -> HttpResponse:
    """One's own addresses, quiet hours, and channels kept for urgent notices."""
    mine = selectors.contact_of(request.user)
    if request.method != "POST":
        record("contact.read", by=request.user, of=mine)
        return _page(request, ContactForm(instance=mine))
    form = ContactForm(request.POST, instance=mine)
    if not form.is_valid():
        return _page(request, form, status=422)
    services.save_contact(form.save(commit=False), by=request.user)
    messages.success(request, _("Your contact data is saved."))
    return redirect("notices:contact")


def _page(
    request: StaffRequest, form: ContactForm, status: int = 200, *, asked: str = "", refusal: str = ""
) -> HttpResponse:
    """`asked`: the way whose code was refused, with the words of the `refusal`."""
    missing = [channel.title for channel in channels().values() if not channel.is_set_up()]
    context = {"form": form, "missing": missing, "ways": _ways(request), "asked": asked, "refusal": refusal}
    return render(request, "emr/notices/contact.html", context, status=status)


def _ways(request: StaffRequest) -> list[dict[str, Any]]:
    """Each saved address: whether it is confirmed, whether a code may be typed."""
    saved = selectors.contact_of(request.user)
    ways = []
    for code, channel in channels().items():
        name = services.FIELDS.get(code, "")
        address = getattr(saved, name, "") if name else ""
        if not address:
            continue
        confirmed_at = getattr(saved, f"{name}_confirmed_at")
        sent = services.newest_code(request.user, code) if confirmed_at is None else None
        waits = sent is not None and sent.expires_at > now() and sent.address == address
        ways.append(
            {
                "code": code,
                "title": channel.title,
                "address": address,
                "confirmed_at": confirmed_at,
                "is_set_up": channel.is_set_up(),
                "sent": sent if waits else None,
            }
        )
    return ways


@signed_in
@require_POST
def trial(request: StaffRequest) -> HttpResponse:
    """Send oneself a notice to see whether it comes."""
    try:
        services.try_contact(by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("A trial is on its way to every address that you have saved."))
    return redirect("notices:contact")


@signed_in
@require_POST
def send_code(request: StaffRequest) -> HttpResponse:
    """Have a code sent to one's own saved address: `channel`."""
    channel = request.POST.get("channel", "")[:8]
    try:
        services.send_code(channel=channel, by=request.user)
    except DomainError as refusal:
        return _refused(request, channel, refusal)
    messages.success(request, _("A code is on its way. Type it here when it has come."))
    return redirect("notices:contact")


@signed_in
@require_POST
def confirm(request: StaffRequest) -> HttpResponse:
    """The code that came: `channel` and `code`."""
    channel = request.POST.get("channel", "")[:8]
    try:
        services.confirm_address(channel=channel, typed=request.POST.get("code", "")[:20], by=request.user)
    except DomainError as refusal:
        return _refused(request, channel, refusal)
    messages.success(request, _("The address is confirmed: notices go there from now on."))
    return redirect("notices:contact")


def _refused(request: StaffRequest, channel: str, refusal: DomainError) -> HttpResponse:
    form = ContactForm(instance=selectors.contact_of(request.user))
    return _page(request, form, status=422, asked=channel, refusal=str(refusal))
