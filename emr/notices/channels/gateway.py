"""SMS and chat: one small HTTP contract (docs/operator.md), so that any provider fits behind a few lines of its own."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django_stubs_ext import StrOrPromise

from emr.notices.channels import Refused, Unreachable
from emr.notices.text import Outgoing

_SECONDS = 10
_BUSY = {408, 425, 429}
_NOT_OURS = {401, 403}  # a wrong token is the operator's to mend: tried again


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The operator named this host and no other (S-40)."""

    def redirect_request(self, *_asked: Any) -> None:
        """Follow nowhere: a redirect is an error of the gateway's."""


_opener = urllib.request.build_opener(_StayHere)


@dataclass(frozen=True, slots=True)
class Gateway:
    """POST {"id", "to", "text", "urgent"} with a bearer token; any 2xx means taken over."""

    title: StrOrPromise
    url_setting: str
    token_setting: str

    def is_set_up(self) -> bool:
        """Whether the address is named."""
        return bool(getattr(settings, self.url_setting))

    def send(self, message: Outgoing) -> None:
        """Hand it to the gateway."""
        url = getattr(settings, self.url_setting)
        if urlsplit(url).scheme not in {"http", "https"}:
            raise Refused("not_set_up")
        body = {"id": str(message.id), "to": message.to, "text": message.short, "urgent": message.is_urgent}
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(message.id)}
        if token := getattr(settings, self.token_setting):
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310  scheme checked above
        try:
            with _opener.open(request, timeout=_SECONDS):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if 400 <= error.code < 500 and error.code not in _BUSY | _NOT_OURS:
                raise Refused from None
            raise Unreachable(f"HTTP {error.code}") from None
        except OSError as error:
            raise Unreachable(type(error).__name__) from None
