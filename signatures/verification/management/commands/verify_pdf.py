"""`manage.py verify_pdf FILE`: signatures, signers, trust, timestamps, level; exit 1 when any is not valid."""

import datetime as dt
import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime

from emr.audit.everywhere import all_facilities
from signatures.certificates.selectors import revocations
from signatures.verification.cage import as_json
from signatures.verification.report import verify_pdf
from signatures.verification.selectors import is_kept
from signatures.verification.services import ask_authorities, trusted_roots
from signatures.verification.verdicts import Report, Verdict
from signatures.verification.words import VERDICTS, problem_text, summary


class Command(BaseCommand):
    """Exit codes: 0 every signature is valid, 1 one isn't or there is none, 2 the file can't be opened."""

    help = "Check the signatures of a PDF file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and --format."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["text", "json"], default="text")

    @all_facilities("verify_pdf")
    def handle(self, *_args: object, file: Path, format: str, **_options: object) -> None:
        """Judge and print."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        report = verify_pdf(data, roots=trusted_roots(), revoked=revocations())
        if asked := ask_authorities(report):
            report = verify_pdf(data, roots=trusted_roots(), revoked=revocations(), asked=asked)
        kept = is_kept(report.sha256)
        if format == "json":
            self.stdout.write(
                json.dumps({**as_json(report), "kept_here": kept}, ensure_ascii=False, indent=2)
            )
        else:
            self._tell(report, kept=kept)
        if report.verdict != Verdict.VALID:
            sys.exit(1)

    def _tell(self, report: Report, *, kept: bool) -> None:
        self.stdout.write(": ".join(summary(report)))
        self.stdout.write(f"SHA-256 {report.sha256}, {'kept here' if kept else 'not kept here'}")
        for problem in report.problems:
            self.stdout.write(f"  - {problem_text(problem)}")
        for one in report.signatures:
            self.stdout.write(
                f"{one.field}: {VERDICTS[one.verdict]} · {one.title} {one.signer} · {one.organization}"
            )
            self.stdout.write(
                f"  signed {_moment(one.claimed_at)} (signer's clock), timestamped {_moment(one.timestamped_at)}"
                f" · {one.level} · covers {one.coverage} · later changes: {one.modification}"
            )
            self.stdout.write(
                f"  chain {' < '.join(one.chain) or '-'} · revocation: {one.revocation or '-'}"
                f" {one.revocation_by} {_moment(one.revocation_at)}"
            )
            for problem in one.problems:
                self.stdout.write(f"  - {problem_text(problem)}")


def _moment(instant: dt.datetime | None) -> str:
    return f"{localtime(instant):%d/%m/%Y %H:%M:%S}" if instant else "-"
