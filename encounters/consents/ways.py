"""Confirming outside the page: one contract for one-time codes, for services that sign (VNeID and its like) and for
fingerprint readers behind the workstation's agent. One Protocol, one registry; the one-time code is its first adapter.

Two halves, since the person answers later and elsewhere:
1. `ask`, in a worker: tell the other side what is to be confirmed. It learns the SHA-256 of the bytes shown and the names
   that it needs to ask for; nothing clinical.
2. `check`, when the page comes back: what the person typed, what the agent on the device read, or nothing at all where the
   other side is asked (`answer` is empty and the page asks again every few seconds).

An adapter vouches for what it returns: it has checked the other side's signature or certificate, that it speaks of this
SHA-256, and that the person was authenticated anew for it. It returns no biometric data, and keeps none.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django_stubs_ext import StrOrPromise


class Refused(Exception):
    """The other side says no. `code`: wrong (the person may try again), expired, not_set_up, refused."""

    def __init__(self, code: str = "refused") -> None:
        super().__init__(code)
        self.code = code


class Away(Exception):
    """The other side doesn't answer now: tried again. Holds no address and no text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be confirmed. `id` is the same at every attempt; `reference` is what `ask` answered."""

    id: UUID
    facility_id: int
    facility: str
    sha256: str
    address: str = ""
    reference: str = ""
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class Proof:
    """What the other side vouches for. `detail`: names, results and numbers to keep, JSON; no biometric data."""

    transaction: str
    signer_name: str = ""
    signer_number: str = ""
    at: dt.datetime | None = None
    detail: dict[str, str] = field(default_factory=dict)


class Adapter(Protocol):
    """One way outside the page."""

    @property
    def name(self) -> str:
        """Its own name, kept with what it confirmed: "code", "vneid", "fingerprint"."""

    @property
    def way(self) -> str:
        """What kind of confirmation it gives: "code", "digital" or "fingerprint" (`Confirmation.Way`)."""

    @property
    def title(self) -> StrOrPromise:
        """Its name for people."""

    @property
    def address_label(self) -> StrOrPromise:
        """What is asked first (a telephone number, a personal number); "" when nothing is."""

    @property
    def answer_label(self) -> StrOrPromise:
        """What the person types afterwards; "" where they answer elsewhere or the agent reads it."""

    @property
    def agent_action(self) -> str:
        """What the page asks of the workstation's agent ("fingerprint"); "" where no agent takes part."""

    def is_set_up(self, facility_id: int) -> bool:
        """Whether it can be used in this facility."""

    def tidy_address(self, typed: str) -> str:
        """The address as it is kept. Raises Refused("wrong") when it is none."""

    def ask(self, asked: Asked) -> str:
        """Tell the other side; returns its reference. Raises Refused or Away."""

    def check(self, asked: Asked, answer: Mapping[str, str]) -> Proof | None:
        """What came of it; None while the person hasn't answered. Raises Refused or Away."""


_adapters: dict[str, Adapter] = {}


def register_adapter(adapter: Adapter) -> None:
    """Add a way; the same name again replaces it."""
    _adapters[adapter.name] = adapter


def forget_adapter(name: str) -> None:
    """Take it away again."""
    _adapters.pop(name, None)


def adapter_of(name: str) -> Adapter | None:
    """An adapter by its name; None for one that this version doesn't have."""
    return _adapters.get(name)


def adapters_for(facility_id: int) -> list[Adapter]:
    """Those that can be used in the facility, by name."""
    return [_adapters[name] for name in sorted(_adapters) if _adapters[name].is_set_up(facility_id)]
