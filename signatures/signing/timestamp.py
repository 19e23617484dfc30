"""Trusted time: an RFC 3161 token from the authority at `EMR_TSA_URL`."""

import hashlib
import secrets
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings

_TIMEOUT = 5.0  # seconds: a slow authority must not hold the ward's signatures up (F-25)
_LARGEST_ANSWER = 64 * 1024
_GRANTED = {"granted", "granted_with_mods"}


class NoTimestamp(Exception):
    """The authority is away, refuses, or answers something else than what was asked."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The administrator named one address; nobody else may name another (S-40)."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def is_configured() -> bool:
    """Whether this instance has a timestamp authority."""
    return bool(settings.EMR_TSA_URL)


def fetch_token(data: bytes) -> bytes:
    """A token (ContentInfo, DER) over SHA-256 of `data`. Raises NoTimestamp."""
    from asn1crypto import algos, tsp  # noqa: PLC0415 -- costs every process 100 ms otherwise

    digest, nonce = hashlib.sha256(data).digest(), secrets.randbits(63)
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
    question = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": tsp.MessageImprint(imprint), "nonce": nonce, "cert_req": True}
    )
    try:
        answer = tsp.TimeStampResp.load(_post(settings.EMR_TSA_URL, question.dump()))
        if answer["status"]["status"].native not in _GRANTED:
            raise NoTimestamp("the authority refuses")
        token = answer["time_stamp_token"]
        info = token["content"]["encap_content_info"]["content"].parsed
        if info["nonce"].native != nonce or info["message_imprint"]["hashed_message"].native != digest:
            raise NoTimestamp("the token is for something else")
        return bytes(token.dump())
    except (ValueError, TypeError, KeyError) as error:
        raise NoTimestamp("the answer can't be read") from error


def _post(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 -- the scheme is checked below
        url,
        data=body,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    if request.type not in {"http", "https"}:
        raise NoTimestamp("EMR_TSA_URL isn't an http address")
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            content = response.read(_LARGEST_ANSWER + 1)
    except (urllib.error.URLError, OSError) as error:
        raise NoTimestamp(type(error).__name__) from error
    if len(content) > _LARGEST_ANSWER:
        raise NoTimestamp("the answer is too long")
    return bytes(content)
