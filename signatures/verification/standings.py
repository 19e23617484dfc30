"""How the certificates of a file's signatures stood when they signed, and which level that makes."""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from pyhanko.sign.validation import EmbeddedPdfSignature, PdfSignatureStatus
from pyhanko_certvalidator.util import get_declared_revinfo

from signatures.verification.evidence import Evidence, Standing, standing
from signatures.verification.verdicts import SignatureReport

IN_ORDER = {"good", "unpublished"}
NOTHING = Evidence()


@dataclass(frozen=True)
class Law:
    """What the judge goes by: whom to trust, which certificates were revoked when, the instant asked about (now)."""

    roots: list[x509.Certificate]
    revoked: Mapping[str, dt.datetime]
    at: dt.datetime | None
    told: Evidence = NOTHING  # in the file
    asked: Evidence = NOTHING  # of authorities, just now


@dataclass(frozen=True)
class Proof:
    """What document timestamps prove of everything before them: that it was there `at` then.

    `is_checked`: their authority's own certificate was in order; `sealed`: the evidence that the last of them covers.
    """

    at: dt.datetime | None = None
    is_checked: bool = False
    sealed: Evidence | None = None


def judge_standing(
    result: SignatureReport,
    status: PdfSignatureStatus,
    embedded: EmbeddedPdfSignature,
    law: Law,
) -> bool:
    """How the signer's certificate stood when it signed; whether the file itself proves that it was good."""
    at = result.timestamped_at or law.at
    found = in_file = _standing(status, embedded, law.told, law, at)
    if found.status == "unchecked" and law.asked:
        found = _standing(status, embedded, law.told + law.asked, law, at)
    result.revocation, result.revocation_by = found.status, found.by
    result.revocation_at, result.revoked_at = found.said_at, found.revoked_at
    if found.status == "revoked":
        result.problems.append(_revoked_by(result, found.revoked_at))
    elif found.status == "unchecked" and not result.problems:
        result.problems.append("revocation_unchecked")
        whom = [status.signing_cert, *embedded.other_embedded_certs]
        result.certificates = [base64.b64encode(one.dump()).decode() for one in whom]
    return in_file.status == "good"


def is_sealed(
    result: SignatureReport,
    status: PdfSignatureStatus,
    embedded: EmbeddedPdfSignature,
    law: Law,
    proof: Proof,
) -> bool:
    """Whether a document timestamp covers what proves that the certificate was good."""
    if proof.sealed is None:
        return False
    if not law.told - proof.sealed:
        return True
    return _standing(status, embedded, proof.sealed, law, result.timestamped_at).status == "good"


def _revoked_by(result: SignatureReport, revoked_at: dt.datetime | None) -> str:
    """Revoked by then, as far as then is known: without a trusted time only the signer's clock says which came first."""
    if result.timestamped_at is not None or revoked_at is None or result.claimed_at is None:
        return "revoked"
    return "revoked" if result.claimed_at >= revoked_at else "revoked_since"


def _standing(
    status: PdfSignatureStatus,
    embedded: EmbeddedPdfSignature,
    told: Evidence,
    law: Law,
    at: dt.datetime | None,
) -> Standing:
    path = status.validation_path
    if path is not None and not told and not any(any(get_declared_revinfo(one)) for one in path):
        return Standing("unpublished", path=path)
    return standing(
        status.signing_cert, roots=law.roots, others=embedded.other_embedded_certs, evidence=told, at=at
    )


def standing_of_stamp(stamp: Any, embedded: EmbeddedPdfSignature, law: Law) -> Standing:
    """How the timestamp authority's certificate stood when it made the token."""
    path = stamp.validation_path
    if path is None:
        return Standing("unchecked")
    if not law.told and not any(any(get_declared_revinfo(one)) for one in path):
        return Standing("unpublished", path=path)
    others = [*embedded.other_embedded_certs, *path]
    return standing(
        stamp.signing_cert, roots=law.roots, others=others, evidence=law.told, at=stamp.timestamp, fresh=None
    )


def level_of(result: SignatureReport, *, is_proven: bool, is_archived: bool) -> str:
    """The PAdES baseline level (ETSI EN 319 142-1 §6) that the file itself proves, never a higher one."""
    if result.timestamped_at is None:
        return "B-B"
    if not is_proven:
        return "B-T"
    return "B-LTA" if is_archived else "B-LT"


def revocations_of(result: SignatureReport, status: PdfSignatureStatus, law: Law) -> list[str]:
    """What the hospital's own revocation of the certificate does to a signature (F-26).

    Proven to be older: nothing. Claiming to be younger: it breaks it. Else nobody can say which came first.
    """
    revoked_at = law.revoked.get(hashlib.sha256(status.signing_cert.dump()).hexdigest())
    if revoked_at is None or (result.timestamped_at is not None and result.timestamped_at < revoked_at):
        return []
    claimed = result.claimed_at
    return ["revoked" if claimed is None or claimed >= revoked_at else "revoked_since"]
