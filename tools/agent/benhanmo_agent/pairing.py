"""A page of the hospital proves once that the person before it also sees this PC's screen; then it has a token."""

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass

from benhanmo_agent.settings import State

CODE_SECONDS = 120
_TRIES = 3
_CODES, _CODES_WITHIN = 5, 600.0


class PairingRefused(Exception):
    """The code is wrong, over, or too many were asked for; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Waiting:
    origin: str
    code: str
    until: float
    tries: int = _TRIES


class Pairing:
    """One code at a time, for one origin, for two minutes and three tries."""

    def __init__(self, state: State) -> None:
        self._state, self._lock = state, threading.Lock()
        self._waiting: _Waiting | None = None
        self._asked: list[float] = []

    def begin(self, origin: str) -> str:
        """A new code for the screen; the one before ends. Raises PairingRefused when codes are asked for too often."""
        moment = time.monotonic()
        with self._lock:
            self._asked = [one for one in self._asked if one > moment - _CODES_WITHIN]
            if len(self._asked) >= _CODES:
                raise PairingRefused("too_many_codes")
            self._asked.append(moment)
            code = f"{secrets.randbelow(10**6):06d}"
            self._waiting = _Waiting(origin, code, moment + CODE_SECONDS)
            return code

    def confirm(self, origin: str, code: str) -> str:
        """The token for this origin, told once; an older one of this origin ends. Raises PairingRefused."""
        with self._lock:
            waiting = self._waiting
            if waiting is None or waiting.origin != origin or time.monotonic() > waiting.until:
                raise PairingRefused("no_code")
            waiting.tries -= 1
            if not hmac.compare_digest(waiting.code.encode(), code.encode()):
                if waiting.tries <= 0:
                    self._waiting = None
                raise PairingRefused("wrong_code")
            self._waiting = None
            token = secrets.token_urlsafe(32)
            self._state.put("pairings", origin, hashlib.sha256(token.encode()).hexdigest())
            return token

    def is_paired(self, origin: str, token: str) -> bool:
        """Whether this origin was given this token."""
        kept = self._state.part("pairings").get(origin, "")
        return hmac.compare_digest(kept, hashlib.sha256(token.encode()).hexdigest())
