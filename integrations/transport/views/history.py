"""A channel's course: what came and went by day or hour, what the neighbour said last, who changed its settings."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.ui.limits import heavy
from integrations.transport import history, permissions
from integrations.transport.access import access_channel
from integrations.transport.history_forms import ACTIONS, CourseForm, setting_name, setting_shown
from integrations.transport.reasons import reason_text

PAGE_SIZE = 31


@requires(permissions.CHANNELS)
@heavy
@require_safe
def course(request: StaffRequest, channel_uuid: UUID) -> HttpResponse:
    """The channel's days or hours, newest first; the neighbour's words only for who may read messages."""
    channel = access_channel(request.user, channel_uuid)
    form = CourseForm(request.GET)
    by, first, last = form.question()
    form = CourseForm({"by": by, "first": first, "last": last})
    page = Paginator(history.course_of(channel, first=first, last=last, by=by), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    may_read = request.user.has_right(permissions.READ)
    letters = history.last_letters(channel) if may_read else []
    record("channel.read", by=request.user, of=channel, detail={"by": by, "days": (last - first).days + 1})
    context = {
        "channel": channel,
        "form": form,
        "by": by,
        "page": page,
        "is_outgoing": channel.direction == "out",
        "oldest_waiting_at": history.oldest_waiting(channel),
        "letters": [(letter, reason_text(letter.reason, letter.detail)) for letter in letters],
        "answers": history.last_answers(channel) if may_read and channel.direction == "out" else [],
        "may_read": may_read,
        "changes": [
            (
                change,
                ACTIONS.get(change.action, change.action),
                [
                    (setting_name(name), setting_shown(name, before), setting_shown(name, after))
                    for name, (before, after) in change.settings.items()
                ],
            )
            for change in history.changes_of(channel)
        ],
    }
    return render(request, "integrations/transport/history.html", context)
