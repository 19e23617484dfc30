"""Asks authorities about certificates: OCSP (RFC 6960) first, else the revocation list (RFC 5280 §4.2.1.13).

Only certificates that lead up to a trusted root are asked about, so the addresses are those of authorities that the
administrator trusts (S-40). HTTP, as those authorities have it: their answers are signed. No redirect, no proxy.
"""

import contextlib
import datetime as dt
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from asn1crypto import crl as crls
from asn1crypto import ocsp as ocsps
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

_TIMEOUT = 5.0  # seconds for a connection and each piece
_SECONDS = 20.0  # for a whole answer
_LARGEST_RESPONSE = 64 * 1024
# A list lies in the file of each document: a longer one makes no archive. Such authorities answer by OCSP.
LARGEST_LIST = 512 * 1024
_LARGEST_DOWNLOAD = 20 * 1024 * 1024

# A host that didn't answer is left alone for a while: a batch of documents waits for it once.
_REST_SECONDS = 60.0
_resting: dict[str, float] = {}
# What was answered a moment ago serves for the next documents of the same signer.
_KEPT_SECONDS = 300.0
_kept: dict[tuple[str, bytes], tuple[float, bytes]] = {}
_KEPT_AT_MOST = 512


class NoAnswer(Exception):
    """Nobody answers, or what is answered can't be used."""


def response_for(
    certificate: x509.Certificate, issuer: x509.Certificate, *, since: dt.datetime | None
) -> ocsps.OCSPResponse:
    """The OCSP response about a certificate. Raises NoAnswer, also where the certificate names no responder.

    One that was got a moment ago does when it was given after `since` (None: whenever).
    """
    question = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303  # nosec B303 -- names the issuer in CertID (RFC 6960), proves nothing
    key = ("ocsp", certificate.fingerprint(hashes.SHA256()))
    kept = _recent(key)
    if kept is not None:
        found = _response(kept)
        if since is None or _said_at(found) >= since:
            return found
    body = question.public_bytes(Encoding.DER)
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}

    def ask(address: str) -> ocsps.OCSPResponse:
        content = _fetch(address, body, headers, most=_LARGEST_RESPONSE)
        answer = _response(content)
        _keep(key, content)
        return answer

    return _first(_responders(certificate), ask)


def list_for(certificate: x509.Certificate, *, since: dt.datetime | None) -> crls.CertificateList:
    """The revocation list that a certificate names. Raises NoAnswer, also for one too long to be kept in a document."""

    def ask(address: str) -> crls.CertificateList:
        key = ("crl", address.encode())
        content = _recent(key)
        if content is not None and (
            since is None or _list(content)["tbs_cert_list"]["this_update"].native < since
        ):
            content = None
        if content is None:
            content = _fetch(address, None, {}, most=_LARGEST_DOWNLOAD)
            _keep(key, content)
        if len(content) > LARGEST_LIST:
            raise NoAnswer("the list is too long")
        return _list(content)

    return _first(_lists(certificate), ask)


def names_any(certificate: x509.Certificate) -> bool:
    """Whether the certificate says where its revocation can be asked about."""
    return bool(_responders(certificate) or _lists(certificate))


def _first(addresses: list[str], ask: Callable[[str], Any]) -> Any:
    said = "the certificate names none"
    for address in addresses:
        try:
            return ask(address)
        except NoAnswer as error:
            said = str(error)
    raise NoAnswer(said)


def _responders(certificate: x509.Certificate) -> list[str]:
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        return [
            str(one.access_location.value)
            for one in access
            if one.access_method == AuthorityInformationAccessOID.OCSP
            and isinstance(one.access_location, x509.UniformResourceIdentifier)
        ]
    return []


def _lists(certificate: x509.Certificate) -> list[str]:
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        return [
            str(name.value)
            for point in points
            for name in point.full_name or ()
            if isinstance(name, x509.UniformResourceIdentifier)
            and urlsplit(str(name.value)).scheme in {"http", "https"}
        ]
    return []


def _response(content: bytes) -> ocsps.OCSPResponse:
    try:
        found = ocsps.OCSPResponse.load(content, strict=True)
        if found["response_status"].native != "successful" or found.response_data is None:
            raise NoAnswer(f"OCSP: {found['response_status'].native}")
        _said_at(found)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise NoAnswer("the OCSP response can't be read") from error
    return found


def _said_at(response: ocsps.OCSPResponse) -> dt.datetime:
    instant: dt.datetime = response.response_data["responses"][0]["this_update"].native
    return instant


def _list(content: bytes) -> crls.CertificateList:
    if content.lstrip().startswith(b"-----BEGIN X509 CRL"):
        raise NoAnswer("the list is PEM, not DER")
    try:
        found = crls.CertificateList.load(content, strict=True)
        _ = found["tbs_cert_list"]["this_update"].native, found.issuer.native
    except (ValueError, TypeError, KeyError) as error:
        raise NoAnswer("the list can't be read") from error
    return found


def _recent(key: tuple[str, bytes]) -> bytes | None:
    until, content = _kept.get(key, (0.0, b""))
    return content if time.monotonic() < until else None


def _keep(key: tuple[str, bytes], content: bytes) -> None:
    if len(_kept) >= _KEPT_AT_MOST:
        _kept.clear()
    _kept[key] = time.monotonic() + _KEPT_SECONDS, content


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The certificate named this address and no other (S-40)."""

    def redirect_request(self, *_asked: Any, **_kwargs: Any) -> None:
        """Follow nowhere."""


def _fetch(address: str, body: bytes | None, headers: dict[str, str], *, most: int) -> bytes:
    parts = urlsplit(address)
    host = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"http", "https"}:
        raise NoAnswer("not an http address")
    if time.monotonic() < _resting.get(host, 0.0):
        raise NoAnswer("the host was away a moment ago")
    request = urllib.request.Request(address, body, headers)  # noqa: S310 -- the scheme is checked above
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    ends_at, content = time.monotonic() + _SECONDS, b""
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            while chunk := answer.read1(64 * 1024):
                content += chunk
                if len(content) > most:
                    raise NoAnswer("the answer is too long")
                if time.monotonic() > ends_at:
                    raise NoAnswer("the answer is too slow")
    except urllib.error.HTTPError as error:  # it lives, but not for this question
        error.close()
        raise NoAnswer(f"HTTP {error.code}") from error
    except (OSError, ValueError) as error:  # URLError and TimeoutError are OSErrors
        _resting[host] = time.monotonic() + _REST_SECONDS
        raise NoAnswer(type(error).__name__) from error
    return content
