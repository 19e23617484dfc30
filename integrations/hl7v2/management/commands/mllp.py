"""`manage.py mllp`: the HL7 v2 listener."""

import asyncio
import errno
import ipaddress
import json
import logging
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from emr.watching.pulses import KeepBeating
from integrations.hl7v2 import services
from integrations.transport.listener import Limits, Listener, UnusableTls, tls_context

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Receives HL7 v2 over MLLP: stores and commits each message, then acknowledges it."""

    requires_system_checks = []  # pages are no business of the listener's
    help = "Listen for HL7 v2 messages over MLLP; SIGTERM answers what was read whole, then ends."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, when it isn't where the settings say."""
        parser.add_argument("--bind", default=settings.EMR_BIND, help="address (EMR_BIND)")
        parser.add_argument(
            "--port",
            type=int,
            default=settings.EMR_MLLP_PORT,
            help="port (EMR_MLLP_PORT); 0 takes a free one",
        )
        parser.add_argument(
            "--half-frame-seconds", type=float, default=30.0, help="how long a message may take to arrive"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        try:
            tls = tls_context(settings.EMR_MLLP_TLS_CERT, settings.EMR_MLLP_TLS_KEY, settings.EMR_MLLP_TLS_CA)
        except UnusableTls as error:
            raise CommandError(str(error), returncode=2) from error
        bind = options["bind"]
        if tls is None and not _is_loopback(bind):
            logger.warning(
                "MLLP without TLS on %s: names go over the network in clear. Set EMR_MLLP_TLS_CERT.", bind
            )
        listener = Listener(
            services.receive, services.admits, Limits(half_frame=min(options["half_frame_seconds"], 30.0))
        )
        try:
            with KeepBeating("mllp"):
                asyncio.run(self._serve(listener, options, tls))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {options['port']} on {bind} is taken: stop what uses it, or set EMR_MLLP_PORT.",
                    returncode=2,
                ) from error
            raise CommandError(
                f"Can't listen on {bind}:{options['port']} (EMR_BIND): {error.strerror}.", returncode=2
            ) from error

    async def _serve(self, listener: Listener, options: dict[str, Any], tls: Any) -> None:
        bind = options["bind"]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, listener.stop)

        def say(actual: int) -> None:
            if options["format"] == "json":
                self.stdout.write(json.dumps({"address": bind, "port": actual, "tls": tls is not None}))
            else:
                self.stdout.write(f"MLLP listens on {bind}:{actual}{' (TLS)' if tls else ''}")
            self.stdout.flush()

        await listener.serve(bind, options["port"], tls, say)


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"
