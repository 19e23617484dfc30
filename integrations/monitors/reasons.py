"""What became of a monitor's message that was used for nobody, for the page of messages."""

from django.utils.translation import gettext_lazy as _

from integrations.monitors.models import DiscardedReadings

_ADVICE = {
    "unknown": _("Register it under “Monitors”."),
    "free": _("The nurse scans the monitor and the wristband."),
    "another": _("Clear the monitor, or scan it with the wristband of who is on it."),
    "clock": _("Set the monitor's clock, or let it follow the network's."),
    "nothing": _("Map its codes and units under “Code mappings”."),
}
REASONS = {
    f"monitor_{code}": (words, _ADVICE.get(code, "")) for code, words in DiscardedReadings.Reason.choices
}
