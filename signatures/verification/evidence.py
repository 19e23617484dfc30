"""Was a certificate revoked? OCSP responses (RFC 6960) and revocation lists (RFC 5280) answer, if they are genuine.

They come out of a file's own store (DSS, ISO 32000-2 §12.8.4.3), of whichever revision: what a later revision leaves out
still counts, or whoever appends could hide a revocation. Knows no Django, so it also runs in a cage.
"""

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import crl as crls
from asn1crypto import ocsp as ocsps
from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore, enumerate_ocsp_certs
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator
from pyhanko_certvalidator.util import get_declared_revinfo

# An answer this much older than the signature still speaks of it: responders answer out of stock, and other programs ask
# before they sign. Our own are younger than the signature wherever the authority answers at once.
FRESH = dt.timedelta(hours=24)


class ForgedEvidence(Exception):
    """The file's proof of validity is damaged, or signed by nobody who may."""


@dataclass(frozen=True)
class Evidence:
    """What authorities said about certificates, and certificates to read it by."""

    certificates: tuple[x509.Certificate, ...] = ()
    responses: tuple[ocsps.OCSPResponse, ...] = ()
    lists: tuple[crls.CertificateList, ...] = ()

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            _once((*self.certificates, *other.certificates)),
            _once((*self.responses, *other.responses)),
            _once((*self.lists, *other.lists)),
        )

    def __sub__(self, other: "Evidence") -> "Evidence":
        """What the other doesn't hold."""
        known = {one.dump() for one in (*other.certificates, *other.responses, *other.lists)}
        return Evidence(
            tuple(one for one in self.certificates if one.dump() not in known),
            tuple(one for one in self.responses if one.dump() not in known),
            tuple(one for one in self.lists if one.dump() not in known),
        )

    def as_json(self) -> dict[str, list[str]]:
        """The answers as text, for the way into a cage."""
        return {
            "responses": [base64.b64encode(one.dump()).decode() for one in self.responses],
            "lists": [base64.b64encode(one.dump()).decode() for one in self.lists],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, list[str]]) -> "Evidence":
        """What `as_json` wrote."""
        return cls(
            responses=tuple(ocsps.OCSPResponse.load(base64.b64decode(one)) for one in told["responses"]),
            lists=tuple(crls.CertificateList.load(base64.b64decode(one)) for one in told["lists"]),
        )

    def __bool__(self) -> bool:
        return bool(self.certificates or self.responses or self.lists)


@dataclass(frozen=True)
class Standing:
    """How a certificate stood at an instant.

    `status`: "good"; "revoked" (by then); "unpublished": its authority publishes no revocations; "unchecked": it does, but
    nothing here says how the certificate stood, or there is no way up to a root. `by` is "ocsp" or "crl", `said_at` the
    answer's own instant, `revoked_at` also when that was later.
    """

    status: str
    by: str = ""
    said_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    path: ValidationPath | None = None


def evidence_in(reader: PdfFileReader, *, upto: int | None = None) -> Evidence:
    """What the file's stores hold, up to a revision (all of them). Raises ForgedEvidence for what can't be read."""
    total = reader.xrefs.total_revisions if upto is None else upto + 1
    found = Evidence()
    for revision in range(total):
        handler = reader.get_historical_resolver(revision)
        try:
            has_store = "/DSS" in handler.root
        except (PdfError, KeyError):  # the first part of a file made for the web has no catalogue of its own
            continue
        if has_store:
            found += _store(handler)
    return found


def check_genuine(evidence: Evidence, *, known: Sequence[x509.Certificate]) -> None:
    """Raise ForgedEvidence when an answer isn't signed by the authority it names; `known` are certificates to look among."""
    among = (*evidence.certificates, *known)
    for response in evidence.responses:
        _check_response(response, among)
    for one in evidence.lists:
        _check_list(one, among)


def certificates_in(reader: PdfFileReader) -> Iterator[x509.Certificate]:
    """The certificates that the signatures themselves carry."""
    for one in reader.embedded_signatures:
        with contextlib.suppress(Exception):  # a signature that can't be read is judged, and named, elsewhere
            yield from (one.signer_cert, *one.other_embedded_certs)


def standing(
    certificate: x509.Certificate,
    *,
    roots: Sequence[x509.Certificate],
    others: Iterable[x509.Certificate],
    evidence: Evidence,
    at: dt.datetime | None,
    fresh: dt.timedelta | None = FRESH,
) -> Standing:
    """How the certificate stood at the instant (now, when None), as far as the evidence tells.

    Each issuer that publishes revocations needs an answer too. `fresh`: how much older than the instant an answer about
    the certificate itself may be; None: as old as its own validity allows.
    """
    usable = (
        evidence if fresh is None else _young(certificate, evidence, (at or dt.datetime.now(dt.UTC)) - fresh)
    )
    context = ValidationContext(
        trust_roots=list(roots),
        other_certs=[*others, *evidence.certificates],
        ocsps=list(usable.responses),
        crls=list(usable.lists),
        allow_fetching=False,
        revocation_mode="hard-fail",
        moment=at,
        retroactive_revinfo=True,
    )
    validator = CertificateValidator(certificate, validation_context=context)
    try:
        path = asyncio.run(validator.async_validate_usage(set()))
    except RevokedError as error:
        return Standing("revoked", revoked_at=error.revocation_dt)
    except InsufficientRevinfoError:
        return _revoked_later(certificate, roots=roots, others=others, evidence=evidence, at=at)
    except (ValidationError, PathError, ValueError):
        return Standing("unchecked")
    if not any(get_declared_revinfo(certificate)):
        return Standing("unpublished", path=path)
    by, said_at = _latest(certificate, usable)
    return Standing("good", by=by, said_at=said_at, path=path)


def _revoked_later(
    certificate: x509.Certificate,
    *,
    roots: Sequence[x509.Certificate],
    others: Iterable[x509.Certificate],
    evidence: Evidence,
    at: dt.datetime | None,
) -> Standing:
    """An answer that it was revoked afterwards says that it wasn't before; the library takes such a response for none."""
    if at is None:
        return Standing("unchecked")
    for one in _about(certificate, evidence.responses):
        if one["cert_status"].name != "revoked":
            continue
        since = one["cert_status"].chosen["revocation_time"].native
        if since <= at:
            continue
        told = standing(
            certificate,
            roots=roots,
            others=others,
            evidence=evidence,
            at=since + dt.timedelta(seconds=1),
            fresh=None,
        )
        if told.status == "revoked" and told.revoked_at is not None and told.revoked_at > at:
            return Standing("good", by="ocsp", said_at=one["this_update"].native, revoked_at=told.revoked_at)
    return Standing("unchecked")


def _young(certificate: x509.Certificate, evidence: Evidence, since: dt.datetime) -> Evidence:
    """Without the answers about this certificate that are older than the instant; those about its issuers stay."""
    old = {
        response.dump()
        for response in evidence.responses
        for one in _about(certificate, [response])
        if one["this_update"].native < since
    }
    return Evidence(
        evidence.certificates,
        tuple(one for one in evidence.responses if one.dump() not in old),
        tuple(
            one
            for one in evidence.lists
            if one.issuer != certificate.issuer or one["tbs_cert_list"]["this_update"].native >= since
        ),
    )


def _latest(certificate: x509.Certificate, evidence: Evidence) -> tuple[str, dt.datetime | None]:
    """(by what, when) the newest answer about the certificate was given."""
    told = [one["this_update"].native for one in _about(certificate, evidence.responses)]
    if told:
        return "ocsp", max(told)
    listed = [
        one["tbs_cert_list"]["this_update"].native
        for one in evidence.lists
        if one.issuer == certificate.issuer
    ]
    return ("crl", max(listed)) if listed else ("", None)


def _about(certificate: x509.Certificate, responses: Iterable[ocsps.OCSPResponse]) -> Iterator[Any]:
    """The single responses that speak of the certificate."""
    for response in responses:
        basic = _basic(response)
        if basic is None:
            continue
        for one in basic["tbs_response_data"]["responses"]:
            name = getattr(certificate.issuer, one["cert_id"]["hash_algorithm"]["algorithm"].native, None)
            if (
                one["cert_id"]["serial_number"].native == certificate.serial_number
                and one["cert_id"]["issuer_name_hash"].native == name
            ):
                yield one


def _basic(response: ocsps.OCSPResponse) -> Any:
    if response["response_status"].native != "successful":
        return None
    body = response["response_bytes"]
    return body["response"].parsed if body["response_type"].native == "basic_ocsp_response" else None


def _store(handler: Any) -> Evidence:
    """One revision's store."""
    try:
        store = DocumentSecurityStore.read_dss(handler)
        return Evidence(
            tuple(store.load_certs()),
            tuple(ocsps.OCSPResponse.load(_bytes(one), strict=True) for one in store.ocsps),
            tuple(crls.CertificateList.load(_bytes(one), strict=True) for one in store.crls),
        )
    except NoDSSFoundError:
        return Evidence()
    except Exception as error:
        raise ForgedEvidence(type(error).__name__) from error


def _bytes(reference: Any) -> bytes:
    found: bytes = reference.get_object().data
    return found


def _check_response(response: ocsps.OCSPResponse, known: Iterable[x509.Certificate]) -> None:
    try:
        basic = _basic(response)
        if basic is None:
            raise ForgedEvidence("an OCSP response that says nothing")
        told_by = basic["tbs_response_data"]["responder_id"]
        if told_by.name == "by_key":
            signers = [one for one in (*_carried(response), *known) if one.public_key.sha1 == told_by.native]
        else:
            signers = [one for one in (*_carried(response), *known) if one.subject == told_by.chosen]
        _check_signature(
            signers,
            basic["signature"].native,
            basic["tbs_response_data"].dump(),
            basic["signature_algorithm"],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ForgedEvidence(type(error).__name__) from error


def _carried(response: ocsps.OCSPResponse) -> list[x509.Certificate]:
    return list(enumerate_ocsp_certs(response) or ())


def _check_list(one: crls.CertificateList, known: Iterable[x509.Certificate]) -> None:
    try:
        signers = [authority for authority in known if authority.subject == one.issuer]
        _check_signature(
            signers, one["signature"].native, one["tbs_cert_list"].dump(), one["signature_algorithm"]
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ForgedEvidence(type(error).__name__) from error


def _check_signature(
    signers: Sequence[x509.Certificate], signature: bytes, data: bytes, algorithm: Any
) -> None:
    """Refuse what none of its possible signers signed. What nobody here could have signed proves nothing, and passes."""
    for one in signers:
        try:
            DefaultSignatureValidator().validate_signature(
                signature=signature,
                signed_data=data,
                public_key_info=one.public_key,
                signature_algorithm=algorithm,
            )
        except InvalidSignature:
            continue
        return
    if signers:
        raise ForgedEvidence("not signed by whom it names")


def _once(values: Iterable[Any]) -> tuple[Any, ...]:
    """Each value once, by its bytes."""
    return tuple({hashlib.sha256(one.dump()).digest(): one for one in values}.values())
