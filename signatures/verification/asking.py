"""What authorities say about a certificate and those above it, asked now; only below a root that is trusted."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from asn1crypto import x509 as der
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.sign.validation.dss import enumerate_ocsp_certs

from signatures.certificates.trust import was_issued_by
from signatures.verification import answers
from signatures.verification.answers import NoAnswer
from signatures.verification.evidence import Evidence, ForgedEvidence, check_genuine

logger = logging.getLogger(__name__)

_LONGEST_CHAIN = 6
_HASH = hashes.SHA256()


def ask_about(
    certificate: der.Certificate,
    *,
    among: Sequence[der.Certificate],
    roots: Sequence[der.Certificate],
    since: datetime | None,
) -> tuple[Evidence, str]:
    """(genuine answers about the certificate and its issuers, why one is missing).

    `among` are the certificates that may lead up to the roots; `since`: an answer about the certificate itself that was kept
    from a moment ago does only when it was given after that. Nothing is asked where no way leads up.
    """
    asked, why = Evidence(), ""
    todo = list(_way_up(certificate, among, roots))
    seen = {one.fingerprint(_HASH) for one, _ in todo}
    while todo:
        one, issuer = todo.pop(0)
        if answers.names_any(one):
            try:
                got = _answer(one, issuer, since=since)
                check_genuine(got, known=[*roots, *among])
            except (NoAnswer, ForgedEvidence) as error:
                logger.info("no answer about a certificate: %s", error)
                why = why or str(error)
                continue
            asked += got
            for responder in _delegates(got):
                if responder.fingerprint(_HASH) not in seen:
                    seen.add(responder.fingerprint(_HASH))
                    todo.append((responder, issuer))
        since = None
    return asked, why


def _answer(certificate: x509.Certificate, issuer: x509.Certificate, *, since: datetime | None) -> Evidence:
    try:
        return Evidence(responses=(answers.response_for(certificate, issuer, since=since),))
    except NoAnswer:
        return Evidence(lists=(answers.list_for(certificate, since=since),))


def _delegates(got: Evidence) -> Iterator[x509.Certificate]:
    """Responders that must be asked about themselves: those whose authority didn't spare us that (RFC 6960 §4.2.2.2.1)."""
    for response in got.responses:
        for one in enumerate_ocsp_certs(response) or ():
            if one.ocsp_no_check_value is None:
                yield x509.load_der_x509_certificate(one.dump())


def _way_up(
    certificate: der.Certificate, among: Sequence[der.Certificate], trusted: Sequence[der.Certificate]
) -> list[tuple[x509.Certificate, x509.Certificate]]:
    """Each certificate with its issuer, up to a trusted one. Nothing, when there is no way up."""
    roots = [x509.load_der_x509_certificate(one.dump()) for one in trusted]
    others = [x509.load_der_x509_certificate(one.dump()) for one in among]
    found: list[tuple[x509.Certificate, x509.Certificate]] = []
    current = x509.load_der_x509_certificate(certificate.dump())
    while len(found) < _LONGEST_CHAIN and current not in roots:
        above = (one for one in (*roots, *others) if one != current and was_issued_by(current, one))
        issuer = next(above, None)
        if issuer is None:
            return []
        found.append((current, issuer))
        current = issuer
    return found if current in roots else []
