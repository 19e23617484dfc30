"""Letting somebody sign in one's place for some days, and taking that back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from signatures.signing import delegations, permissions, services
from signatures.signing.access import access_delegation
from signatures.signing.forms import DelegationForm

PAGE = 25


@requires(permissions.SIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def delegation(request: StaffRequest) -> HttpResponse:
    """Whom I let sign for me, who lets me, and the form for a new one."""
    people = delegations.stand_ins(request.user)
    if request.method != "POST":
        record("delegation.list", by=request.user)
        form = DelegationForm(people=people, initial={"starts_on": local_today()})
        return _page(request, form)
    form = DelegationForm(request.POST, people=people)
    if form.is_valid():
        try:
            given = services.delegate_signing(principal=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            told = _("%(name)s signs for you in these days.") % {"name": given.delegate.titled_name}
            messages.success(request, told)
            return redirect("signatures:signing:delegation")
    return _page(request, form, status=422)


def _page(request: StaffRequest, form: DelegationForm, *, status: int = 200) -> HttpResponse:
    page = Paginator(delegations.of(request.user), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"form": form, "page": page, "today": local_today()}
    return render(request, "signatures/signing/delegation.html", context, status=status)


@requires(permissions.SIGN)
@require_POST
def revoke(request: StaffRequest, delegation_uuid: UUID) -> HttpResponse:
    """Take one's own delegation back at once."""
    given = access_delegation(request.user, delegation_uuid)
    services.revoke_delegation(delegation=given, by=request.user)
    messages.success(request, _("Taken back. What wasn't signed yet waits for you again."))
    return redirect("signatures:signing:delegation")
