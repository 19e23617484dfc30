"""How I am reached."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import signed_in
from emr.audit.services import record
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


def _page(request: StaffRequest, form: ContactForm, status: int = 200) -> HttpResponse:
    missing = [channel.title for channel in channels().values() if not channel.is_set_up()]
    return render(request, "emr/notices/contact.html", {"form": form, "missing": missing}, status=status)


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
