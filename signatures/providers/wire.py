"""The way to a remote authority: JSON over HTTPS, under a token of the hospital's own, within a time that ends."""

import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from signatures.providers import house
from signatures.providers.base import ProviderDown
from signatures.providers.house import KeyService

_LARGEST_ANSWER = 1024 * 1024
_BUSY = {408, 425, 429}
# A token isn't used in its last seconds: it would run out on its way.
_TOKEN_MARGIN = 30.0

_tokens: dict[tuple[str, str, str], tuple[str, float]] = {}
_tokens_lock = threading.Lock()


class Refusal(Exception):
    """The authority understood and says no; `code` is its error code, `description` its words."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code)
        self.code, self.description = code, description


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The operator named this host and no other: a PIN isn't carried elsewhere (S-40)."""

    def redirect_request(self, *_asked: Any) -> None:
        """Follow nowhere: a redirect is an error of the authority's."""


class Wire:
    """Questions to one service. Raises ProviderDown when it is away, slow, or answers what can't be read."""

    def __init__(self, service: KeyService) -> None:
        self._service = service
        self.version = service.version

    def ask(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to `method`; empty where there is none. Raises Refusal. A token that ran out is fetched anew, once."""
        try:
            return self._post(method, body, self._token())
        except _Unauthorised:
            with _tokens_lock:
                _tokens.pop(self._name, None)
        try:
            return self._post(method, body, self._token())
        except _Unauthorised:
            raise ProviderDown("the authority doesn't take this hospital's token") from None

    @property
    def _name(self) -> tuple[str, str, str]:
        return self._service.code, self._service.address, self._service.client_id

    def _token(self) -> str:
        """The hospital's own access token (RFC 6749 §4.4); kept in this process's memory until it runs out."""
        with _tokens_lock:
            token, ends_at = _tokens.get(self._name, ("", 0.0))
        if time.monotonic() < ends_at:
            return token
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._service.client_id,
            "client_secret": house.secret_in(self._service.client_secret_file),
            "scope": "service",
        }
        address = self._service.token_address or f"{self._service.address.rstrip('/')}/oauth2/token"
        try:
            answer = self._send(
                address, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
            )
        except (Refusal, _Unauthorised) as refusal:
            raise ProviderDown("the authority gives no token") from refusal
        given, seconds = answer.get("access_token"), answer.get("expires_in", 300)
        if not isinstance(given, str) or not given or not isinstance(seconds, int | float):
            raise ProviderDown("the token can't be read")
        with _tokens_lock:
            _tokens[self._name] = given, time.monotonic() + max(0.0, seconds - _TOKEN_MARGIN)
        return given

    def _post(self, method: str, body: dict[str, Any], token: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        address = f"{self._service.address.rstrip('/')}/{method}"
        return self._send(address, json.dumps(body).encode(), headers)

    def _send(self, address: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 -- `house` lets https and this machine pass alone
            address, body, {"Accept": "application/json", **headers}, method="POST"
        )
        ends_at = time.monotonic() + self._service.seconds
        try:
            with self._opener().open(request, timeout=self._service.seconds) as response:
                content = _read(response, ends_at)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error, ends_at) from None
        except (OSError, ValueError) as error:  # URLError and TimeoutError are OSErrors
            raise ProviderDown(type(error).__name__) from None
        return _json(content)

    def _opener(self) -> urllib.request.OpenerDirector:
        try:
            context = _trusting(self._service.ca_file)
        except OSError as error:
            raise ProviderDown(f"ca_file: {type(error).__name__}") from None
        # No proxy out of the environment: PINs go the way that the file names.
        return urllib.request.build_opener(
            _StayHere, urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def _refusal(self, error: urllib.error.HTTPError, ends_at: float) -> Exception:
        if error.code == 401:
            return _Unauthorised()
        if not 400 <= error.code < 500 or error.code in _BUSY:
            return ProviderDown(f"HTTP {error.code}")
        try:
            said = _json(_read(error, ends_at))
        except (OSError, ProviderDown):
            said = {}
        code = str(said.get("error", ""))[:60]
        if not code.replace("_", "").isalnum():
            return ProviderDown(f"HTTP {error.code}")
        return Refusal(code, str(said.get("error_description", ""))[:200])


@lru_cache(maxsize=8)
def _trusting(ca_file: str) -> ssl.SSLContext:
    """The system's authorities, or this one alone; reading them takes too long for each question."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Unauthorised(Exception):
    """The access token doesn't count any more."""


def _read(response: Any, ends_at: float) -> bytes:
    """The body. One that comes a byte at a time doesn't stretch the time."""
    content = b""
    while chunk := response.read1(64 * 1024):
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            raise ProviderDown("the answer is too long")
        if time.monotonic() > ends_at:
            raise ProviderDown("the answer is too slow")
    return content


def _json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise ProviderDown("the answer isn't JSON") from error
    if not isinstance(answer, dict):
        raise ProviderDown("the answer isn't an object")
    return answer
