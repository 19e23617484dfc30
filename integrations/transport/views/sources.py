"""Channels that read a database's view."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from integrations.transport import permissions, sources
from integrations.transport.access import access_channel
from integrations.transport.models import Channel, SqlSource
from integrations.transport.rows import SHAPES
from integrations.transport.source_forms import SqlChannelForm, SqlSourceForm


@requires(permissions.MANAGE)
@require_http_methods(["GET", "POST"])
def add_source(request: StaffRequest) -> HttpResponse:
    """Add a channel that reads a view."""
    return edit_source(request, None)


def edit_source(request: StaffRequest, channel: Channel | None) -> HttpResponse:
    """The same, or change one: for `channels.edit`, which has judged the person."""
    source = SqlSource.objects.filter(channel=channel).first() if channel is not None else None
    if request.method == "GET":
        record("channel.read", by=request.user, of=channel)
        initial = {"sending_facility": request.user.facility.code} if channel is None else None
        return _page(
            request,
            channel,
            SqlChannelForm(instance=channel, initial=initial),
            SqlSourceForm(instance=source),
        )
    form = SqlChannelForm(request.POST, instance=channel)
    view_form = SqlSourceForm(request.POST, instance=source)
    if form.is_valid() & view_form.is_valid():
        try:
            sources.save_source(form.save(commit=False), view_form.save(commit=False), by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The channel is saved."))
            return redirect("integrations:transport:channels")
    return _page(request, channel, form, view_form, status=422)


def _page(
    request: StaffRequest,
    channel: Channel | None,
    form: SqlChannelForm,
    view_form: SqlSourceForm,
    *,
    status: int = 200,
) -> HttpResponse:
    shapes = [
        (
            SqlSource.Kind(kind).label,
            [(name, label, name in shape.needed) for name, label in shape.columns.items()],
        )
        for kind, shape in SHAPES.items()
    ]
    context = {"channel": channel, "form": form, "view_form": view_form, "shapes": shapes}
    return render(request, "integrations/transport/source.html", context, status=status)


@requires(permissions.MANAGE)
@require_POST
def look(request: StaffRequest, channel_uuid: UUID) -> HttpResponse:
    """Look at a folder or a database now; with `from_start`, from its beginning."""
    channel: Channel = access_channel(request.user, channel_uuid)
    try:
        sources.look_now(channel, from_start=request.POST.get("from_start") == "1", by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is looked at within a few seconds.") % {"name": channel.name})
    return redirect("integrations:transport:channels")
