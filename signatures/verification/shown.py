"""A report in words, as pages and prints show it."""

from collections.abc import Mapping

from django.template.loader import render_to_string

from emr.common.clock import now
from signatures.verification.verdicts import Report, SignatureReport
from signatures.verification.words import (
    COVERAGES,
    LEVELS,
    MODIFICATIONS,
    PERMISSIONS,
    REVOCATIONS,
    VERDICTS,
    problem_text,
    summary,
)


def shown(report: Report) -> dict[str, object]:
    """The verdict in plain words first, then each signature with what it rests on."""
    verdict_text, sentence = summary(report)
    return {
        "verdict": report.verdict.value,
        "verdict_text": verdict_text,
        "sentence": sentence,
        "problems": [problem_text(code) for code in report.problems],
        "sha256": report.sha256,
        "signatures": [_signature(one) for one in report.signatures],
    }


def print_report(report: Report, about: Mapping[str, object]) -> bytes:
    """The report as PDF/A. `about` it: `version` with `is_current`, or a file's `name` with `is_kept`."""
    from encounters.documents.rendering import render_pdf  # noqa: PLC0415 -- loads WeasyPrint

    context = {**about, "report": shown(report), "size": report.size, "checked_at": now()}
    html = render_to_string("signatures/verification/report_print.html", context)
    return render_pdf(html, identifier=bytes.fromhex(report.sha256)[:16])


def _signature(one: SignatureReport) -> dict[str, object]:
    return {
        "kind": one.kind,
        "signer": one.signer,
        "title": one.title,
        "organization": one.organization,
        "claimed_at": one.claimed_at,
        "timestamped_at": one.timestamped_at,
        "timestamped_by": one.timestamped_by,
        "level": LEVELS.get(one.level, ""),
        "verdict": one.verdict.value,
        "verdict_text": VERDICTS[one.verdict],
        "coverage": COVERAGES.get(one.coverage, one.coverage),
        "modification": MODIFICATIONS.get(one.modification, one.modification),
        "permits": PERMISSIONS.get(one.permits, one.permits),
        "chain": one.chain,
        "is_chain_known": one.trusted,
        "revocation": REVOCATIONS.get(one.revocation, ""),
        "revocation_by": {"ocsp": "OCSP", "crl": "CRL"}.get(one.revocation_by, ""),
        "revocation_at": one.revocation_at,
        "revoked_at": one.revoked_at,
        "ends_at": one.ends_at,
        "problems": [problem_text(code) for code in one.problems],
    }
