"""The agent's HTTP interface, version 1, on 127.0.0.1 (docs/agent.md has every address and word).

Who may speak: a page whose origin stands in agent.toml, to a host named 127.0.0.1 or localhost (against DNS rebinding), and,
but for the status and for pairing, with the token that this origin was given.
"""

import base64
import binascii
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benhanmo_agent import __version__, words
from benhanmo_agent.asking import Cancelled, Screen
from benhanmo_agent.fingers import ReaderTrouble, read_finger
from benhanmo_agent.pairing import CODE_SECONDS, Pairing, PairingRefused
from benhanmo_agent.printing import Printing, PrintTrouble
from benhanmo_agent.scanning import Scans
from benhanmo_agent.settings import Settings, State
from benhanmo_agent.tokens import Tokens, TokenTrouble

logger = logging.getLogger(__name__)

API = 1
_DIGESTS = 500
_SHA256, _UUID = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f-]{36}")
_JSON_BYTES, _PRINT_BYTES = 64 * 1024, 32 * 1024 * 1024
_BURST, _A_SECOND = 60.0, 20.0
_POLLS, _POLL_SECONDS = 8, 25.0
_STATUS = {
    "bad_request": 400,
    "not_paired": 401,
    "cancelled": 409,
    "busy": 409,
    "too_many_codes": 429,
    "too_many_requests": 429,
}


class Refused(Exception):
    """Answered with one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Agent(ThreadingHTTPServer):
    """Everything that the requests share."""

    daemon_threads = True
    # On Windows this would let another program listen on the same port.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 16

    def __init__(self, settings: Settings, state: State) -> None:
        super().__init__(("127.0.0.1", settings.port), _Request)
        self.settings = settings
        self.pairing, self.screen = Pairing(state), Screen(settings.prompt)
        self.tokens, self.printing, self.scans = Tokens(settings.modules), Printing(settings, state), Scans()
        self.polls = threading.BoundedSemaphore(_POLLS)
        self._allowance, self._at, self._lock = _BURST, time.monotonic(), threading.Lock()

    def may_answer(self) -> bool:
        """Whether one more request is within the rate (20 a second, 60 at once)."""
        with self._lock:
            moment = time.monotonic()
            self._allowance = min(_BURST, self._allowance + (moment - self._at) * _A_SECOND)
            self._at = moment
            if self._allowance < 1:
                return False
            self._allowance -= 1
            return True


class _Request(BaseHTTPRequestHandler):
    """One request."""

    server: Agent
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds for a page that stops speaking in the middle

    def do_OPTIONS(self) -> None:
        """The browser asks beforehand (CORS; Private Network Access where a browser still has it)."""
        if not self._is_expected():
            return
        self.send_response(204)
        self._cross_origin()
        self.send_header("Access-Control-Allow-Methods", "GET, POST, PUT")
        self.send_header("Access-Control-Allow-Headers", "authorization, content-type")
        self.send_header("Access-Control-Max-Age", "600")
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            self.send_header("Access-Control-Allow-Private-Network", "true")
        self.end_headers()

    def do_GET(self) -> None:
        """See `_ROUTES`."""
        self._answer()

    do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        if not self._is_expected():
            return
        route = _ROUTES.get((self.command, urlsplit(self.path).path))
        if route is None:
            self._send(404, {"error": "not_found"})
            return
        act, is_open = route
        try:
            if not self.server.may_answer():
                raise Refused("too_many_requests")
            if not is_open and not self.server.pairing.is_paired(self.origin, self._bearer()):
                raise Refused("not_paired")
            self._send(200, act(self))
        except (Refused, PairingRefused, TokenTrouble, PrintTrouble, ReaderTrouble) as refusal:
            self.close_connection = True  # its body may be unread
            self._send(_STATUS.get(refusal.code, 422), {"error": refusal.code})
        except Cancelled:
            self._send(409, {"error": "cancelled"})

    @property
    def origin(self) -> str:
        """Who asks, as the browser says."""
        return self.headers.get("Origin", "")

    def _is_expected(self) -> bool:
        """Our own name and a page of the hospital's; anybody else learns nothing, not even by CORS."""
        port = self.server.server_address[1]
        if self.headers.get("Host") in {f"127.0.0.1:{port}", f"localhost:{port}"} and (
            self.origin in self.server.settings.origins
        ):
            return True
        self.close_connection = True
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _cross_origin(self) -> None:
        self.send_header("Access-Control-Allow-Origin", self.origin)
        self.send_header("Vary", "Origin")
        self.send_header("Cache-Control", "no-store")

    def _bearer(self) -> str:
        scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
        return token if scheme == "Bearer" else ""

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self._cross_origin()
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def body(self, largest: int) -> bytes:
        """What was sent. Raises Refused."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > largest:
            raise Refused("bad_request")
        return self.rfile.read(int(length))

    def json(self) -> dict[str, Any]:
        """The object that was sent. Raises Refused: only what is declared as JSON, which a plain form can't send."""
        if self.headers.get_content_type() != "application/json":
            raise Refused("bad_request")
        try:
            found = json.loads(self.body(_JSON_BYTES))
        except ValueError:
            raise Refused("bad_request") from None
        if not isinstance(found, dict):
            raise Refused("bad_request")
        return found

    def query(self, name: str) -> str:
        """One word of the address; "" without it."""
        return parse_qs(urlsplit(self.path).query).get(name, [""])[0]

    def log_message(self, format: str, *arguments: Any) -> None:
        """Method, address without its query, and status; never a body."""
        logger.info(
            "%s %s %s", self.command, urlsplit(self.path).path, arguments[1] if len(arguments) > 1 else ""
        )


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise Refused("bad_request")
    return value


def _status(request: _Request) -> dict[str, Any]:
    paired = request.server.pairing.is_paired(request.origin, request._bearer())
    return {"agent": "benhanmo-agent", "version": __version__, "api": API, "paired": paired}


def _begin_pairing(request: _Request) -> dict[str, Any]:
    request.json()
    code = request.server.pairing.begin(request.origin)
    request.server.screen.show(words.PAIR.format(origin=request.origin, code=code), CODE_SECONDS)
    return {"seconds": CODE_SECONDS}


def _confirm_pairing(request: _Request) -> dict[str, Any]:
    token = request.server.pairing.confirm(request.origin, _text(request.json(), "code"))
    request.server.screen.hide()
    return {"token": token}


def _certificates(request: _Request) -> dict[str, Any]:
    found = request.server.tokens.certificates()
    return {
        "certificates": [
            {
                "token": one.token,
                "label": one.label,
                "key": one.key,
                "der": base64.b64encode(one.der).decode(),
            }
            for one in found
        ]
    }


def _sign(request: _Request) -> dict[str, Any]:
    given = request.json()
    token, key, sent = _text(given, "token"), _text(given, "key"), given.get("digests")
    if not isinstance(sent, list) or not 1 <= len(sent) <= _DIGESTS:
        raise Refused("bad_request")
    try:
        digests = [base64.b64decode(one, validate=True) for one in sent]
        bytes.fromhex(key)
    except (ValueError, TypeError, binascii.Error):
        raise Refused("bad_request") from None
    if any(len(one) not in {32, 48} for one in digests):
        raise Refused("bad_request")

    def ask_pin(label: str, again: bool) -> str:
        text = words.PIN_AGAIN if again else words.PIN
        return request.server.screen.ask_pin(
            text.format(origin=request.origin, count=len(digests), token=label)
        )

    values, why = request.server.tokens.sign(token, key, digests, ask_pin)
    return {"values": [base64.b64encode(one).decode() for one in values], "error": why}


def _fingerprint(request: _Request) -> dict[str, Any]:
    given = request.json()
    sha256, challenge = _text(given, "sha256"), _text(given, "challenge")
    if not _SHA256.fullmatch(sha256) or not _UUID.fullmatch(challenge):
        raise Refused("bad_request")
    return dict(read_finger(request.server.settings.fingerprint_program, sha256, challenge))


def _printers(request: _Request) -> dict[str, Any]:
    printing = request.server.printing
    return {"printers": printing.printers(), "raw": printing.raw(), "chosen": printing.chosen()}


def _choose_printer(request: _Request) -> dict[str, Any]:
    given = request.json()
    request.server.printing.choose(_text(given, "kind"), _text(given, "printer"))
    return {"chosen": request.server.printing.chosen()}


def _print(request: _Request) -> dict[str, Any]:
    content = request.body(_PRINT_BYTES)
    return {
        "printer": request.server.printing.print(
            request.query("kind"), content, request.headers.get_content_type()
        )
    }


def _scans(request: _Request) -> dict[str, Any]:
    after = request.query("after")
    if not request.server.polls.acquire(blocking=False):
        raise Refused("too_many_requests")
    try:
        last, lines = request.server.scans.after(int(after) if after.isdigit() else None, _POLL_SECONDS)
    finally:
        request.server.polls.release()
    return {"last": last, "scans": lines}


# {(method, path): (what answers, whether it does so before pairing)}
_ROUTES: dict[tuple[str, str], tuple[Callable[[_Request], dict[str, Any]], bool]] = {
    ("GET", "/v1/status"): (_status, True),
    ("POST", "/v1/pairing"): (_begin_pairing, True),
    ("POST", "/v1/pairing/confirm"): (_confirm_pairing, True),
    ("GET", "/v1/certificates"): (_certificates, False),
    ("POST", "/v1/signatures"): (_sign, False),
    ("POST", "/v1/fingerprints"): (_fingerprint, False),
    ("GET", "/v1/printers"): (_printers, False),
    ("PUT", "/v1/printers"): (_choose_printer, False),
    ("POST", "/v1/prints"): (_print, False),
    ("GET", "/v1/scans"): (_scans, False),
}
