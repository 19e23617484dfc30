"""Trusted time: an RFC 3161 token from the authority at `EMR_TSA_URL`, checked before anything is built on it."""

import asyncio
import secrets
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction

from emr.watching import pulses
from signatures.certificates.trust import trust_roots

if TYPE_CHECKING:
    from asn1crypto import cms

_TIMEOUT = 5.0  # seconds: a slow authority must not hold the ward's signatures up (F-25)
_LARGEST_ANSWER = 64 * 1024
_GRANTED = {"granted", "granted_with_mods"}

# An authority that didn't answer isn't asked again at once: a batch of fifty documents waits for it once, not fifty times.
_REST_SECONDS = 30.0
_resting: dict[str, float] = {}


class NoTimestamp(Exception):
    """The authority is away, refuses, isn't trusted, or answers something else than what was asked."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The administrator named one address; nobody else may name another (S-40)."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def is_configured() -> bool:
    """Whether this instance has a timestamp authority."""
    return bool(settings.EMR_TSA_URL)


def fetch_token(digest: bytes) -> bytes:
    """A token (ContentInfo, DER) over a SHA-256 digest, of an authority that the instance trusts. Raises NoTimestamp."""
    from asn1crypto import algos, tsp  # noqa: PLC0415 -- costs every process 100 ms otherwise

    nonce = secrets.randbits(63)
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
    question = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": tsp.MessageImprint(imprint), "nonce": nonce, "cert_req": True}
    )
    try:
        answer = tsp.TimeStampResp.load(_ask(settings.EMR_TSA_URL, question.dump()))
        if answer["status"]["status"].native not in _GRANTED:
            raise NoTimestamp("the authority refuses")
        token = answer["time_stamp_token"]
        info = token["content"]["encap_content_info"]["content"].parsed
        if info["nonce"].native != nonce or info["message_imprint"]["hashed_message"].native != digest:
            raise NoTimestamp("the token is for something else")
        _check(token["content"], digest)
        return bytes(token.dump())
    except (ValueError, TypeError, KeyError) as error:
        raise NoTimestamp("the answer can't be read") from error


def keep_its_clock(token: bytes) -> None:
    """Remember what time the authority had: the IT person is told when ours is far from it (F-27)."""
    from asn1crypto import cms  # noqa: PLC0415 -- loaded by who fetched the token

    content = cms.ContentInfo.load(token)["content"]
    said_at = content["encap_content_info"]["content"].parsed["gen_time"].native
    transaction.on_commit(lambda: pulses.beat("timestamp authority", said_at=said_at))


def _check(signed: "cms.SignedData", digest: bytes) -> None:
    """Refuse a token that verification would doubt later: no level is claimed on the strength of it (F-25)."""
    from asn1crypto import x509  # noqa: PLC0415 -- loaded above
    from pyhanko.sign.validation.generic_cms import (  # noqa: PLC0415 -- the worker that embeds alone needs pyHanko
        validate_tst_signed_data,
    )
    from pyhanko.sign.validation.status import TimestampSignatureStatus  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    roots = [x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in trust_roots()]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    found = asyncio.run(validate_tst_signed_data(signed, context, lambda _algorithm: digest))
    status = TimestampSignatureStatus(**found)
    if not (status.intact and status.valid and status.trusted):
        raise NoTimestamp("the token isn't of an authority that this instance trusts")


def _ask(url: str, body: bytes) -> bytes:
    """The authority's answer; one that was away a moment ago is left alone for a while."""
    if time.monotonic() < _resting.get(url, 0.0):
        raise NoTimestamp("the authority was away a moment ago")
    try:
        return _post(url, body)
    except OSError as error:  # URLError is one too
        _resting[url] = time.monotonic() + _REST_SECONDS
        raise NoTimestamp(type(error).__name__) from error


def _post(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 -- the scheme is checked below
        url,
        data=body,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    if request.type not in {"http", "https"}:
        raise NoTimestamp("EMR_TSA_URL isn't an http address")
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT) as response:
        content = response.read(_LARGEST_ANSWER + 1)
    if len(content) > _LARGEST_ANSWER:
        raise NoTimestamp("the answer is too long")
    return bytes(content)
