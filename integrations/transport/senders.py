"""How a format's messages are handed over and its answers read: registered by its room, which stands above this one."""

from dataclasses import dataclass
from typing import Protocol

from integrations.transport.models import Channel


@dataclass(frozen=True, slots=True)
class Answer:
    """What the neighbour said: `code` as sent (AA, CE …), its own words, the bytes of every answer of ours."""

    accepted: bool
    code: str
    text: str
    raw: tuple[tuple[str, bytes], ...]


class CannotSend(Exception):
    """The message can't go out as it is, however often it is tried. `reason` is a code of `reasons`."""

    def __init__(self, reason: str, **detail: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Sender(Protocol):
    """One format over one protocol."""

    def deliver(self, channel: Channel, raw: bytes, control_id: str) -> Answer:
        """Send and wait for the answer. Raises client.Away when there is none (the same is sent again later), CannotSend."""


_senders: dict[str, Sender] = {}


def register_sender(protocol: str, sender: Sender) -> None:
    """Let a format's room deliver its messages; the same protocol again replaces it."""
    _senders[protocol] = sender


def sender_for(protocol: str) -> Sender:
    """The sender of a channel's protocol. Raises KeyError when its room isn't installed."""
    return _senders[protocol]
