"""Do the signatures of this PDF hold? Judged by pyHanko, read strictly; knows no Django, so it also runs in a cage.

pyHanko's `intact` and `valid` stay true after a page was replaced by an incremental update: the verdict needs
`bottom_line`, coverage and the kind of later changes together (S-43 to S-45). Whatever can't be read is invalid,
with its reason, never an exception (S-44).
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from types import MappingProxyType
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from signatures.signing import hexstrings
from signatures.verification.evidence import (
    Evidence,
    certificates_in,
    check_genuine,
    evidence_in,
)
from signatures.verification.lasting import lasts_until, names
from signatures.verification.standings import (
    IN_ORDER,
    NOTHING,
    Law,
    Proof,
    is_sealed,
    judge_standing,
    level_of,
    revocations_of,
    standing_of_stamp,
)
from signatures.verification.verdicts import Report, SignatureReport, Verdict

hexstrings.install()
logger = logging.getLogger(__name__)


def verify_pdf(
    data: bytes,
    *,
    roots: Sequence[bytes],
    revoked: Mapping[str, dt.datetime] = MappingProxyType({}),
    at: dt.datetime | None = None,
    asked: Evidence = NOTHING,
) -> Report:
    """Judge every signature of a PDF. `roots` are the trusted certificates (DER), `at` the instant asked about (now).

    `revoked`: {SHA-256 of a certificate, hexadecimal: since when}. `asked`: what authorities answered just now; it counts
    for the verdict where the file itself proves nothing, never for the level.
    """
    report = Report(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    if not data[:1024].lstrip().startswith(b"%PDF-"):
        report.problems.append("not_pdf")
        return report
    try:
        reader = PdfFileReader(BytesIO(data), strict=True, decode_limits=DecodeLimits())
        if reader.encrypted:
            report.problems.append("encrypted")
            return report
        embedded = list(reader.embedded_signatures)
    except Exception as error:
        logger.info("unreadable PDF: %s", type(error).__name__)
        report.problems.append("malformed" if b"/ByteRange" in data else "unreadable")
        return report
    if not embedded and b"/ByteRange" in data:
        report.problems.append("hidden")
    law = Law([x509.Certificate.load(root) for root in roots], revoked, at, asked=asked)
    if embedded:
        law = replace(law, told=_evidence(reader, law, report))
    proof = Proof()
    for one in reversed(embedded):  # a document timestamp proves the time of the signatures before it
        judged = _judge(one, law, proof)
        if judged.kind == "timestamp" and judged.verdict == Verdict.VALID:
            proof = Proof(
                at=judged.timestamped_at,
                is_checked=judged.revocation in IN_ORDER,
                sealed=proof.sealed if proof.sealed is not None else _sealed(reader, one, law),
            )
        report.signatures.insert(0, judged)
    _judge_ending(report)
    return report


def _evidence(reader: PdfFileReader, law: Law, report: Report) -> Evidence:
    """The file's proof of validity; what is forged is no proof, and a problem of the whole file."""
    try:
        told = evidence_in(reader)
        check_genuine(told, known=[*law.roots, *certificates_in(reader)])
    except Exception as error:
        logger.info("evidence: %s", type(error).__name__)
        report.problems.append("evidence")
        return Evidence()
    return told


def _sealed(reader: PdfFileReader, stamp: EmbeddedPdfSignature, law: Law) -> Evidence:
    """The evidence that a document timestamp covers."""
    return evidence_in(reader, upto=stamp.signed_revision) if law.told else Evidence()


def _judge(embedded: EmbeddedPdfSignature, law: Law, proof: Proof) -> SignatureReport:
    """One signature, whatever it is made of."""
    result = SignatureReport(field="")
    try:
        result.field = str(embedded.field_name)
        if embedded.sig_object_type == "/DocTimeStamp":
            _judge_timestamp(result, embedded, law, proof)
        else:
            _judge_signature(result, embedded, law, proof)
    except Exception as error:
        logger.info("malformed signature: %s", type(error).__name__)
        result.problems.append("malformed")
        result.bottom_line = False
    return result


def _context(law: Law, at: dt.datetime | None) -> ValidationContext:
    return ValidationContext(
        trust_roots=law.roots,
        other_certs=law.told.certificates,
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
        retroactive_revinfo=True,
    )


_SIGNING_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})


def _judge_signature(
    result: SignatureReport,
    embedded: EmbeddedPdfSignature,
    law: Law,
    proof: Proof,
) -> None:
    """`proof`: what document timestamps after this signature tell of it."""
    proven_at, is_checked = proof.at, proof.is_checked
    status = _validate(embedded, law, law.at, proof)
    stamp = status.timestamp_validity
    problems = []
    if stamp is not None and stamp.intact and stamp.valid and stamp.trusted:
        maker = standing_of_stamp(stamp, embedded, law)
        if maker.status == "revoked":
            problems.append("timestamp_revoked")
        else:
            proven_at, is_checked = stamp.timestamp, maker.status in IN_ORDER
            result.ends_at = lasts_until(stamp.validation_path)
            result.timestamped_by = _text(stamp.signing_cert.subject.native, "common_name")
    if proven_at is not None and not status.trusted:
        # Signed while the certificate was good, as a trusted clock says: what happened since doesn't matter (F-26).
        status = _validate(embedded, law, proven_at, proof)
        stamp = status.timestamp_validity
    subject = status.signing_cert.subject.native
    result.signer = _text(subject, "common_name")
    result.organization, result.title = _text(subject, "organization_name"), _text(subject, "title")
    result.claimed_at = embedded.self_reported_timestamp
    result.timestamped_at = proven_at
    result.intact, result.trusted = status.intact and status.valid, status.trusted
    result.chain = names(status.validation_path) if status.validation_path is not None else [result.signer]
    _judge_changes(result, status)
    permission = embedded.docmdp_level
    result.permits = permission.name.lower() if permission is not None else ""
    if not status.intact:
        result.problems.append("changed")
    elif not status.valid:
        result.problems.append("wrong_value")
    elif not status.trusted:
        result.problems.append(_trust_problem(status, law.at))
    result.problems += revocations_of(result, status, law)
    result.problems += problems
    if stamp is not None and not (stamp.intact and stamp.valid and stamp.trusted):
        result.problems.append("timestamp" if not (stamp.intact and stamp.valid) else "timestamp_untrusted")
    if not status.seed_value_ok:
        result.problems.append("seed_value")
    result.bottom_line = bool(status.bottom_line)
    in_file = judge_standing(result, status, embedded, law)
    result.level = level_of(
        result,
        is_proven=in_file and is_checked,
        is_archived=in_file and is_sealed(result, status, embedded, law, proof),
    )


def _validate(
    embedded: EmbeddedPdfSignature, law: Law, at: dt.datetime | None, proof: Proof
) -> PdfSignatureStatus:
    return validate_pdf_signature(
        embedded,
        signer_validation_context=_context(law, at),
        ts_validation_context=_context(law, proof.at or law.at),
        key_usage_settings=_SIGNING_USAGE,
    )


def _judge_timestamp(
    result: SignatureReport,
    embedded: EmbeddedPdfSignature,
    law: Law,
    proof: Proof,
) -> None:
    """A newer timestamp proves an older one that can't be confirmed any more by itself."""
    status = validate_pdf_timestamp(embedded, _context(law, proof.at or law.at))
    result.kind, result.level = "timestamp", "T"
    result.signer = _text(status.signing_cert.subject.native, "common_name")
    result.timestamped_at = status.timestamp
    result.intact, result.trusted = status.intact and status.valid, status.trusted
    result.chain = names(status.validation_path) if status.validation_path is not None else [result.signer]
    result.ends_at = lasts_until(status.validation_path)
    found = standing_of_stamp(status, embedded, law)
    result.revocation, result.revocation_by = found.status, found.by
    result.revocation_at, result.revoked_at = found.said_at, found.revoked_at
    _judge_changes(result, status)
    if not result.intact:
        result.problems.append("changed")
    elif not status.trusted:
        result.problems.append("timestamp_untrusted")
    elif found.status == "revoked":
        result.problems.append("timestamp_revoked")
    result.bottom_line = result.intact and status.trusted and not result.problems


def _judge_changes(result: SignatureReport, status: Any) -> None:
    """How much of the file the signature covers, and what came after it."""
    level = status.modification_level
    result.coverage = status.coverage.name.lower() if status.coverage is not None else "unclear"
    result.modification = level.name.lower() if level is not None else "unknown"
    if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        result.problems.append("coverage")
    elif level is None or level > ModificationLevel.FORM_FILLING or status.docmdp_ok is False:
        result.problems.append("modified")


def _judge_ending(report: Report) -> None:
    """Whatever follows the last signature is nobody's: it makes that signature, and so the file, invalid.

    Later signatures and timestamps are judged by themselves; validation data for them (a DSS) are let through.
    """
    if not report.signatures:
        return
    last = report.signatures[-1]
    if last.coverage == SignatureCoverageLevel.ENTIRE_FILE.name.lower() or last.problems:
        return
    if last.modification != ModificationLevel.LTA_UPDATES.name.lower():
        last.problems.append("appended")
        last.bottom_line = False


_TRUST_PROBLEMS = {
    AdESIndeterminate.EXPIRED: "expired",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "expired",
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: "expired",
    AdESFailure.REVOKED: "revoked",
    AdESIndeterminate.REVOKED_NO_POE: "revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "revoked",
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "key_usage",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "weak_algorithm",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "weak_algorithm",
}


def _trust_problem(status: PdfSignatureStatus, at: dt.datetime | None) -> str:
    """Why the signer's certificate isn't trusted, each reason with its own word (S-49)."""
    if status.revoked:
        return "revoked"
    if status.signing_cert.not_valid_before > (at or dt.datetime.now(dt.UTC)):
        return "not_yet_valid"  # pyHanko reports this one as a general failure of the chain
    indication = status.trust_problem_indic
    return _TRUST_PROBLEMS.get(indication, "untrusted") if indication is not None else "untrusted"


def _text(subject: dict[str, Any], key: str) -> str:
    """A part of a name as one line; an odd certificate may hold it more than once."""
    value = subject.get(key, "")
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)
