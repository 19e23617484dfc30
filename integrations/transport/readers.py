"""How a format shows its messages on our pages: registered by the format's room, which stands above this one."""

from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from integrations.transport.models import Channel, Message, NamedOrder


@dataclass(frozen=True, slots=True)
class Row:
    """One field as understood: where it stands ("PID-5"), what it is, what it says (patient data hidden)."""

    place: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message made fit for the eyes of somebody without a right to charts.

    `text` is the message with patient data replaced by marks; `problem` says why it couldn't be understood.
    """

    text: str
    rows: list[Row]
    charset: str = ""
    problem: str = ""


class Reader(Protocol):
    """One format."""

    def show(self, raw: bytes, charset: str) -> Shown:
        """The message with patient data hidden."""

    def restore(self, text: str, raw: bytes, charset: str) -> tuple[bytes, str]:
        """An edited text with its marks put back from the original: (bytes, patient number). Raises DomainError."""

    def order_numbers(self, raw: bytes) -> list[str]:
        """The numbers of the orders that the message speaks of; none where it can't be read."""


_readers: dict[str, Reader] = {}


def register_reader(protocol: str, reader: Reader) -> None:
    """Let a format's room show its messages; the same protocol again replaces it."""
    _readers[protocol] = reader


def reader_for(protocol: str) -> Reader:
    """The format of a channel's protocol. Raises KeyError when its room isn't installed."""
    return _readers[protocol]


def shown(message: Message) -> Shown:
    """The message with patient data hidden; one that was emptied says so."""
    if message.emptied_at is not None:
        return Shown(
            "", [], problem=_("Its text was emptied by policy: time, kind, hash and result are kept.")
        )
    return reader_for(message.channel.protocol).show(bytes(message.raw), charset_of(message.channel))


def charset_of(channel: Channel) -> str:
    """What the channel's messages are kept in, where it binds: ours are kept in UTF-8 whatever goes out."""
    return "" if channel.direction == Channel.Direction.OUT else channel.charset


def note_orders(message: Message) -> None:
    """Keep which orders the message speaks of, so that it is found by their numbers; twice is once. One query, or none."""
    numbers = reader_for(message.channel.protocol).order_numbers(bytes(message.raw))
    rows = [
        NamedOrder(facility_id=message.facility_id, message=message, number=number)
        for number in dict.fromkeys(numbers)
    ]
    if rows:
        NamedOrder.objects.bulk_create(rows, ignore_conflicts=True)
