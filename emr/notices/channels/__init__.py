"""Ways out of the house: one Protocol, one registry. A channel that isn't set up takes nothing."""

from typing import Protocol

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.notices.text import Outgoing

# Why a message didn't go out; the code is kept with it.
PROBLEMS: dict[str, StrOrPromise] = {
    "unreachable": _("The service did not answer, and repeating did not help."),
    "refused": _("The service refused the message or the address."),
    "not_set_up": _("The channel is not set up any more."),
}


class Refused(Exception):
    """The other side will never take it: no use to repeat. `code` is one of PROBLEMS."""

    def __init__(self, code: str = "refused") -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):
    """The other side didn't answer or is busy: try again later. Holds no address and no text."""


class Channel(Protocol):
    """One way: e-mail, SMS, chat."""

    @property
    def title(self) -> StrOrPromise:
        """Its name for people."""

    def is_set_up(self) -> bool:
        """Whether the operator has named a service."""

    def send(self, message: Outgoing) -> None:
        """Hand it over. Raises Refused or Unreachable."""


_channels: dict[str, Channel] = {}


def register_channel(code: str, channel: Channel) -> None:
    """Add a way out; the same code again replaces it."""
    _channels[code] = channel


def channel_of(code: str) -> Channel | None:
    """A channel by its code; None for one that this version doesn't have."""
    return _channels.get(code)


def channels() -> dict[str, Channel]:
    """All of them, whether set up or not."""
    return dict(_channels)


def is_set_up(code: str) -> bool:
    """Whether messages can leave this way."""
    channel = _channels.get(code)
    return channel is not None and channel.is_set_up()
