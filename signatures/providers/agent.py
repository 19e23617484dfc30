"""Keys in USB tokens at the wards' PCs: the agent there signs (docs/agent.md), the page carries digests and values.

The server can't reach such a key. What the page brings is believed only because it fits the certificate.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from signatures.providers.base import Found, KeyRefused, Pin, Typed, UnlockedKey, Unsupported
from signatures.providers.models import Credential

_TROUBLE = {
    "away": gettext_noop(
        "The signing program of this PC doesn't answer. See that it runs and sign again; nothing is lost."
    ),
    "denied": gettext_noop(
        "The browser doesn't let this page speak to the PC. Allow it at the left of the address bar, or ask the IT person."
    ),
    "not_paired": gettext_noop("This PC isn't paired with the hospital yet: My key, Pair this PC."),
    "cancelled": gettext_noop("No PIN was typed in the PC's own window."),
    "wrong_pin": gettext_noop(
        "Wrong PIN, three times. Careful: the token locks itself after a few wrong PINs."
    ),
    "pin_locked": gettext_noop("The token has locked its PIN. Its authority unlocks it."),
    "no_token": gettext_noop("Your token isn't plugged into this PC."),
    "no_key": gettext_noop("The token in this PC doesn't hold your key any more."),
    "token_gone": gettext_noop(
        "The token was pulled out before this document's turn. Plug it in and sign again."
    ),
    "token_refused": gettext_noop("The token refused to sign."),
    "busy": gettext_noop("The PC's own window waits for a PIN already."),
}
_OTHER = gettext_noop("The signing program of this PC gave no signature for it. Sign again.")


@dataclass(frozen=True)
class Answer:
    """What an agent gave: values by signing request, and its word for why others are missing."""

    values: Mapping[UUID, bytes] = field(default_factory=dict)
    trouble: str = ""

    @property
    def in_words(self) -> str:
        """Why a value is missing, for the person who signs."""
        return _(_TROUBLE.get(self.trouble, _OTHER))


class _Given:
    """A key whose values are there already."""

    def __init__(self, values: Mapping[bytes, bytes]) -> None:
        self._values = values

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """See UnlockedKey."""
        try:
            return [self._values[digest] for digest in digests]
        except KeyError:
            raise KeyRefused("no_value") from None


class AgentProvider:
    """USB tokens, through the agent of the PC where they are plugged in."""

    code = "agent"

    @contextlib.contextmanager
    def unlock(
        self, _credential: Credential, typed: Typed, _digests: Sequence[bytes] = ()
    ) -> Iterator[UnlockedKey]:
        """What the agent has signed; the PIN was typed in its own window."""
        yield _Given(typed.values)

    def find(self, service: str, *, account: str, typed: Typed) -> list[Found]:
        """The page offers what the token holds: `propose_key`."""
        raise Unsupported

    def send_code(self, credential: Credential) -> None:
        """A token asks for no code."""
        raise Unsupported

    def change_pin(self, credential: Credential, pin: Pin, new_pin: Pin) -> None:
        """Its maker's own program does."""
        raise Unsupported

    def reset_pin(self, credential: Credential, new_pin: Pin) -> None:
        """Its authority does."""
        raise Unsupported

    def destroy(self, credential: Credential) -> None:
        """Its owner has it in the pocket."""
        raise Unsupported
