"""The neighbours, and their codes that we don't know."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from integrations.transport import permissions, selectors, services, tokens
from integrations.transport.access import access_channel
from integrations.transport.forms import ChannelForm, OutgoingChannelForm
from integrations.transport.models import Channel
from integrations.transport.views.sources import edit_source


@requires(permissions.CHANNELS)
@require_GET
def channels(request: StaffRequest) -> HttpResponse:
    """Every channel of the facility with its state and counts."""
    found = list(selectors.channels_for(request.user))
    record("channel.list", by=request.user, detail={"count": len(found)})
    return render(request, "integrations/transport/channels.html", {"channels": found})


@requires(permissions.MANAGE)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, channel_uuid: UUID | None = None) -> HttpResponse:
    """Add a channel, or change one."""
    channel = access_channel(request.user, channel_uuid) if channel_uuid else None
    if channel is not None and channel.protocol == Channel.Protocol.SQL:
        return edit_source(request, channel)
    return _edit(
        request, channel, is_outgoing=channel is not None and channel.direction == Channel.Direction.OUT
    )


@requires(permissions.MANAGE)
@require_http_methods(["GET", "POST"])
def add_outgoing(request: StaffRequest) -> HttpResponse:
    """Add a channel to a neighbour."""
    return _edit(request, None, is_outgoing=True)


def _edit(request: StaffRequest, channel: Channel | None, *, is_outgoing: bool) -> HttpResponse:
    shape = OutgoingChannelForm if is_outgoing else ChannelForm
    page = "outgoing" if is_outgoing else "channel"
    if channel is None and is_outgoing:
        instance: Channel | None = Channel(
            direction=Channel.Direction.OUT,
            allowed_addresses=[],
            sending_application="EMR",
            sending_facility=request.user.facility.code,
        )
    else:
        instance = channel
    if request.method == "GET":
        record("channel.read", by=request.user, of=channel)
        context = {
            "form": shape(instance=instance, facility_code=request.user.facility.code),
            "channel": channel,
        }
        return render(request, f"integrations/transport/{page}.html", context)
    form = shape(request.POST, instance=instance, facility_code=request.user.facility.code)
    if form.is_valid():
        try:
            services.save_channel(form.save(commit=False), by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The channel is saved."))
            return redirect("integrations:transport:channels")
    context = {"form": form, "channel": channel}
    return render(request, f"integrations/transport/{page}.html", context, status=422)


@requires(permissions.MANAGE)
@require_POST
def switch(request: StaffRequest, channel_uuid: UUID) -> HttpResponse:
    """Let a neighbour in, or shut it out."""
    channel: Channel = access_channel(request.user, channel_uuid)
    services.switch_channel(channel, enabled=not channel.is_enabled, by=request.user)
    if channel.direction == Channel.Direction.OUT:
        said = _("%(name)s is on.") if channel.is_enabled else _("%(name)s is off: nothing is queued for it.")
    else:
        said = _("%(name)s may send again.") if channel.is_enabled else _("%(name)s is shut out.")
    messages.success(request, said % {"name": channel.name})
    return redirect("integrations:transport:channels")


@requires(permissions.MANAGE)
@require_POST
def pause(request: StaffRequest, channel_uuid: UUID) -> HttpResponse:
    """Hold back what goes out, or let it go on."""
    channel: Channel = access_channel(request.user, channel_uuid)
    services.pause_channel(channel, paused=not channel.is_paused, by=request.user)
    said = _("%(name)s is paused: messages wait in order.") if channel.is_paused else _("%(name)s goes on.")
    messages.success(request, said % {"name": channel.name})
    return redirect("integrations:transport:channels")


@requires(permissions.MANAGE)
@require_POST
def make_token(request: StaffRequest, channel_uuid: UUID) -> HttpResponse:
    """A new token for a neighbour that sends over HTTP, shown on this answer alone."""
    channel: Channel = access_channel(request.user, channel_uuid)
    if channel.direction != Channel.Direction.IN or channel.protocol != Channel.Protocol.HTTP:
        messages.error(request, _("Only a channel that receives over HTTP has a token."))
        return redirect("integrations:transport:channels")
    token = tokens.make_token(channel, by=request.user)
    context = {"channel": channel, "token": token, "address": _address_of(request, channel)}
    answer = render(request, "integrations/transport/token.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _address_of(request: StaffRequest, channel: Channel) -> str:
    return request.build_absolute_uri(reverse("integrations:hl7v2:receive", args=[channel.uuid]))
