"""The proof that a signed file still lacks: what authorities say about its signers and about those who timestamped it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from asn1crypto import x509 as der
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter

from signatures.verification.asking import ask_about
from signatures.verification.evidence import (
    FRESH,
    Evidence,
    Standing,
    certificates_in,
    evidence_in,
    standing,
)
from signatures.verification.verdicts import Report

_SETTLED = {"good", "unpublished", "revoked"}


@dataclass(frozen=True)
class _Holder:
    """Somebody whose certificate must have been good `at` an instant; `fresh` as in `standing`."""

    certificate: der.Certificate
    at: dt.datetime
    fresh: dt.timedelta | None


@dataclass(frozen=True)
class Gathered:
    """`evidence` is what the file lacks; `problem`: why it isn't enough, "" when it is; `again_at`: when to ask again."""

    evidence: Evidence
    problem: str = ""
    again_at: dt.datetime | None = None


def gather(pdf: bytes, report: Report, *, roots: Sequence[bytes]) -> Gathered:
    """Ask about everybody whose standing the file doesn't prove yet. `report`: what verification says of the file."""
    reader = PdfFileReader(BytesIO(pdf), strict=True)
    trusted = [der.Certificate.load(root) for root in roots]
    there = evidence_in(reader)
    pool = [*certificates_in(reader), *_stamps_certificates(reader), *there.certificates]
    told, problem, again_at = there, "", None
    for holder in _holders(reader, report):
        before = _stands(holder, trusted, pool, told)
        if before.status in _SETTLED:
            continue
        since = holder.at if holder.fresh is not None else None
        asked, why = ask_about(holder.certificate, among=pool, roots=trusted, since=since)
        with_it = told + asked
        after = _stands(holder, trusted, pool, with_it)
        if after.status in _SETTLED:
            told = with_it
        else:
            problem = problem or ("unreachable" if why else "old_answer")
            again_at = again_at or (None if why else _next_answer(asked))
    if told - there:
        told += Evidence(certificates=tuple(_above(pool, trusted)))
    return Gathered(told - there, problem, again_at)


def _holders(reader: PdfFileReader, report: Report) -> Iterator[_Holder]:
    """Signers at the times proven for them, timestamp authorities at the times they told."""
    judged = {one.field: one for one in report.signatures}
    for embedded in reader.embedded_signatures:
        found = judged.get(str(embedded.field_name))
        if found is None or found.timestamped_at is None:
            continue
        is_stamp = found.kind == "timestamp"
        yield _Holder(embedded.signer_cert, found.timestamped_at, None if is_stamp else FRESH)
        if not is_stamp:
            for token in extract_tst_data_iter(embedded.signer_info, signed=False):
                yield _Holder(extract_certs_for_validation(token).signer_cert, found.timestamped_at, None)


def _stamps_certificates(reader: PdfFileReader) -> Iterator[der.Certificate]:
    for embedded in reader.embedded_regular_signatures:
        for token in extract_tst_data_iter(embedded.signer_info, signed=False):
            carried = extract_certs_for_validation(token)
            yield from (carried.signer_cert, *carried.other_certs)


def _stands(
    holder: _Holder, trusted: Sequence[der.Certificate], pool: Sequence[der.Certificate], told: Evidence
) -> Standing:
    return standing(
        holder.certificate, roots=trusted, others=pool, evidence=told, at=holder.at, fresh=holder.fresh
    )


def _above(pool: Sequence[der.Certificate], trusted: Sequence[der.Certificate]) -> Iterator[der.Certificate]:
    """The certificates that lead up to the roots; the roots are whoever reads' own."""
    roots = {one.dump() for one in trusted}
    return (one for one in pool if one.dump() not in roots)


def _next_answer(asked: Evidence) -> dt.datetime | None:
    """When the first of these answers is replaced by a newer one."""
    instants = [one["tbs_cert_list"]["next_update"].native for one in asked.lists]
    for response in asked.responses:
        instants += [one["next_update"].native for one in response.response_data["responses"]]
    return min((one for one in instants if one is not None), default=None)
