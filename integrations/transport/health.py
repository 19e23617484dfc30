"""What the exchange with neighbours is stuck on."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.common.certificates import runs_out
from emr.common.clock import now
from emr.common.health import Caution
from emr.watching import pulses
from integrations.transport.intakes import Intake

LATE_MINUTES = 5
STUCK_MINUTES = 15
UNATTENDED_HOURS = 4
STATES = "SELECT state, count(*) FROM transport_messagestate GROUP BY 1"
RECEIVED = (
    "SELECT c.name, count(*) FROM transport_message m JOIN transport_channel c ON c.id = m.channel_id"
    " WHERE m.received_at > now() - interval '1 hour' GROUP BY 1"
)
OUTGOING = (
    "SELECT c.name, count(*) FROM transport_messagestate s JOIN transport_message m ON m.id = s.message_id"
    " JOIN transport_channel c ON c.id = m.channel_id WHERE s.state = 'queued' GROUP BY 1"
)
OUTGOING_AGE = (
    "SELECT c.name, extract(epoch FROM now() - min(s.changed_at)) FROM transport_messagestate s"
    " JOIN transport_message m ON m.id = s.message_id JOIN transport_channel c ON c.id = m.channel_id"
    " WHERE s.state = 'queued' GROUP BY 1"
)
DEAD = "SELECT count(*) FROM transport_deadletter WHERE resolution = ''"


def channel_trouble() -> str:
    """Listeners that are silent, neighbours that can't be told or read; "" when all is well. Strangers read it: no names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM transport_channel c WHERE c.is_enabled AND NOT c.is_paused AND ("
            " c.id IN (SELECT channel_id FROM transport_intake WHERE problem <> ''"
            " AND stuck_since < now() - make_interval(mins => %s))"
            " OR c.id IN (SELECT m.channel_id FROM transport_messagestate s JOIN transport_message m"
            " ON m.id = s.message_id WHERE s.state = 'queued' AND s.changed_at < now() - make_interval(mins => %s)))",
            [STUCK_MINUTES, STUCK_MINUTES],
        )
        stuck = cursor.fetchone()[0]
    told = [silent] if (silent := pulses.silent_listeners()) else []
    if stuck:
        told.append(
            ngettext(
                "%(n)d channel has been stuck for a quarter of an hour.",
                "%(n)d channels have been stuck for a quarter of an hour.",
                stuck,
            )
            % {"n": stuck}
        )
    return " ".join(told)


def message_trouble() -> str:
    """Messages that are late, and dead letters that wait for a person; "" when there are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM transport_messagestate WHERE state = 'received'"
            " AND changed_at < now() - make_interval(mins => %s)",
            [LATE_MINUTES],
        )
        late = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE created_at < now() - make_interval(hours => %s))"
            " FROM transport_deadletter WHERE resolution = ''",
            [UNATTENDED_HOURS],
        )
        dead, unattended = cursor.fetchone()
    said = []
    if late:
        said.append(
            ngettext(
                "%(n)d message has not been applied for 5 minutes.",
                "%(n)d messages have not been applied for 5 minutes.",
                late,
            )
            % {"n": late}
        )
    if dead:
        said.append(
            ngettext("%(n)d message needs a person.", "%(n)d messages need a person.", dead) % {"n": dead}
        )
    text = " ".join(said)
    return text if late or unattended else Caution(text)


def intake_trouble() -> str:
    """Folders and databases that can't be read, by the channel's name with since when; "" when there are none."""
    stuck = (
        Intake.objects.exclude(problem="")
        .filter(channel__is_enabled=True, channel__is_paused=False)
        .select_related("channel")
        .order_by("stuck_since")[:20]
    )
    found = list(stuck)
    said = [
        _("%(channel)s, since %(since)s.")
        % {
            "channel": intake.channel.name,
            "since": f"{timezone.localtime(intake.stuck_since or intake.looked_at):%d/%m/%Y %H:%M}",
        }
        for intake in found
    ]
    text = " ".join(said)
    is_long = any(
        intake.stuck_since and intake.stuck_since < now() - timedelta(minutes=15) for intake in found
    )
    return text if is_long else Caution(text)


def listener_trouble() -> str:
    """Whether the HL7 listener's certificate runs out; "" where it speaks without TLS."""
    if not settings.EMR_MLLP_TLS_CERT:
        return ""
    return runs_out(Path(settings.EMR_MLLP_TLS_CERT), _("HL7 listener"))
