"""Whether the clocks agree: each program's with the database's, and this machine's with a time server (F-27)."""

import datetime as dt
import socket
import struct

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.common.health import Caution
from emr.watching.models import Pulse

MOST_SECONDS = 120
_NTP_EPOCH = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
_NTP_PORT = 123
_PATIENCE = 1.0


def trouble() -> str:
    """Whose clock is more than two minutes off; "" when none is known to be."""
    limit = dt.timedelta(seconds=MOST_SECONDS)
    said = []
    for pulse in Pulse.objects.filter(seen_at__gt=now() - dt.timedelta(days=1)).annotate(
        off=F("said_at") - F("seen_at")
    ):
        if abs(pulse.off) > limit:
            said.append(
                _("The clock of %(name)s (%(host)s) is %(seconds)+d s off the database's.")
                % {"name": pulse.name, "host": pulse.host, "seconds": pulse.off.total_seconds()}
            )
    if settings.EMR_NTP_SERVER:
        try:
            off = now() - ask_time_server(settings.EMR_NTP_SERVER)
        except (OSError, ValueError):
            return " ".join(said) or Caution(
                _("The time server %(server)s does not answer.") % {"server": settings.EMR_NTP_SERVER}
            )
        if abs(off) > limit:
            said.append(
                _("The clock of this machine is %(seconds)+d s off the time server's.")
                % {"seconds": off.total_seconds()}
            )
    return " ".join(said)


def ask_time_server(server: str) -> dt.datetime:
    """The time by SNTP (RFC 4330) of "host" or "host:port". Raises OSError, ValueError for an answer that is none."""
    host, _colon, port = server.partition(":")
    family, kind, protocol, _name, address = socket.getaddrinfo(
        host, int(port or _NTP_PORT), type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as asking:
        asking.settimeout(_PATIENCE)
        asking.connect(address)  # only this server's answer is heard
        asking.send(b"\x23" + 47 * b"\0")
        answer = asking.recv(512)
    if len(answer) < 48 or answer[1] == 0:  # stratum 0: it doesn't know the time itself
        raise ValueError("no time in the answer")
    seconds, fraction = struct.unpack("!II", answer[40:48])
    return _NTP_EPOCH + dt.timedelta(seconds=seconds + fraction / 2**32)
