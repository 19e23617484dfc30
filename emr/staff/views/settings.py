"""The facility's settings: all of them by room, one to change. What guards the house asks for fresh proof (S-22)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.choices import Setting, declared
from emr.common.doors import fresh
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.staff import services
from emr.staff.forms import SettingForm
from emr.staff.permissions import CHOOSE
from emr.staff.selectors.settings import chosen_by, chosen_one, names_of


@requires(CHOOSE)
@require_safe
def settings(request: StaffRequest) -> HttpResponse:
    """What counts here, what is usual, who changed it and when."""
    rooms = chosen_by(request.user.facility_id)
    record("setting.list", by=request.user, detail={"count": sum(map(len, rooms.values()))})
    return render(request, "emr/staff/settings.html", {"rooms": rooms})


def _known(name: str, *, is_grave: bool) -> Setting:
    try:
        found = declared(name)
    except LookupError:
        raise Http404 from None
    if found.is_grave != is_grave:
        raise Http404
    return found


@requires(CHOOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def setting(request: StaffRequest, setting_name: str) -> HttpResponse:
    """Change one that guards nothing."""
    return _one(request, _known(setting_name, is_grave=False))


@requires(CHOOSE)
@fresh(RECENT_MINUTES)
@require_http_methods(["GET", "HEAD", "POST"])
def grave_setting(request: StaffRequest, guarding_name: str) -> HttpResponse:
    """Change one that guards the house: with fresh proof, and the other administrators are told."""
    return _one(request, _known(guarding_name, is_grave=True))


def _one(request: StaffRequest, found: Setting) -> HttpResponse:
    facility = request.user.facility
    chosen = chosen_one(facility.pk, found)
    form = SettingForm(
        request.POST or None,
        setting=found,
        value=chosen.value,
        names=names_of(facility.pk),
        version=chosen.version,
    )
    status = 200
    if request.method == "POST":
        status = 422
        if "as_delivered" in request.POST or form.is_valid():
            try:
                _save(request, found, form)
            except Conflict as conflict:
                form.add_error(None, str(conflict))
                status = 409
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Saved. It counts from now on."))
                return redirect("staff:settings")
    record("setting.read", by=request.user, detail={"name": found.name})
    context = {
        "chosen": chosen,
        "form": form,
        "fields": [form[name] for name in form.fields if name != "version"],
    }
    return render(request, "emr/staff/setting.html", context, status=status)


def _save(request: StaffRequest, found: Setting, form: SettingForm) -> None:
    facility, by = request.user.facility, request.user
    if "as_delivered" in request.POST:
        form.is_valid()
        version = form.cleaned_data.get("version", -1)
        services.forget_setting(facility=facility, setting=found, version=version, by=by)
    else:
        version = form.cleaned_data["version"]
        services.change_setting(facility=facility, setting=found, value=form.value(), version=version, by=by)
