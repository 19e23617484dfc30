"""`manage.py trust_list [FILE] [--fingerprint SHA256]`: whom this instance trusts; with FILE, trust these as well."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import trustlist


class Command(BaseCommand):
    """Exit codes: 0 shown or added, 1 refused: nothing was added."""

    help = "Show the trusted authorities with their dates, or add those of a file (PEM, DER, PKCS #7)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and --fingerprint."""
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument(
            "--fingerprint",
            action="append",
            default=[],
            help="SHA-256 of a root, compared with what it publishes",
        )

    def handle(self, *_args: object, file: Path | None, fingerprint: list[str], **_options: object) -> None:
        """Show or add."""
        if file is not None:
            self._add(
                file, {"".join(c for c in one.lower() if c in "0123456789abcdef") for one in fingerprint}
            )
        for one in trustlist.listed():
            dates = f"{one.certificate.not_valid_before_utc:%d/%m/%Y} - {one.certificate.not_valid_after_utc:%d/%m/%Y}"
            kind = "root" if one.is_root else "licensed"
            self.stdout.write(
                f"{one.name} · {kind} · {dates} · {one.state(now())}\n    SHA-256 {one.fingerprint}"
            )

    def _add(self, file: Path, confirmed: set[str]) -> None:
        try:
            added = trustlist.add(trustlist.read_file(file.read_bytes()), confirmed=confirmed)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for one in added:
            record("trust_list.add", detail={"name": one.name, "fingerprint": one.fingerprint})
        self.stdout.write(f"{len(added)} added")
