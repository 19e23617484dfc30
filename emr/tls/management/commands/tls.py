"""`manage.py tls root|issue|renew|show`: certificates for the servers of a hospital without the internet."""

import json
from argparse import ArgumentParser
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from emr.common.clock import now
from emr.common.errors import DomainError
from emr.tls import services


class Command(BaseCommand):
    """Exit 0 done, 1 refused, 2 wrong use."""

    help = "Make the hospital's own root, and certificates for its servers."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["root", "issue", "renew", "show"])
        parser.add_argument(
            "names", nargs="*", help="root: the hospital's domains; issue: names and addresses"
        )
        parser.add_argument("--facility", default="Benh vien", help="root: the hospital's name")
        parser.add_argument("--folder", type=Path, help="instead of EMR_HOME/tls")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: object) -> None:
        folder = options["folder"]
        files = services.Files(folder) if isinstance(folder, Path) else services.Files.here()
        names = [str(name).lower() for name in options["names"]]  # type: ignore[attr-defined]
        try:
            certificate = self._do(str(options["action"]), files, names, str(options["facility"]))
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        except FileNotFoundError as missing:
            raise CommandError(
                f"{missing.filename} is missing: manage.py tls root comes first.", returncode=1
            ) from None
        if certificate is None:
            self.stdout.write("Nothing to renew yet.")
            return
        facts = {
            "subject": certificate.subject.rfc4514_string(),
            "until": certificate.not_valid_after_utc.isoformat(),
            "sha256": services.fingerprint(certificate),
            "folder": str(files.folder),
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in facts.items()))

    def _do(
        self, action: str, files: services.Files, names: list[str], facility: str
    ) -> x509.Certificate | None:
        if action == "root":
            if not names:
                raise CommandError("Name the hospital's domain, e.g. benhvien.local.", returncode=2)
            return services.make_root(
                files=files, facility=facility, domains=names, password=self._password()
            )
        if action == "issue":
            return services.issue(files=files, names=names, password=self._password())
        current = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        if action == "show":
            return current
        if (current.not_valid_after_utc - now()).days > services.RENEW_DAYS:
            return None
        return services.issue(files=files, names=services.names_of(current), password=self._password())

    @staticmethod
    def _password() -> str:
        if not settings.EMR_TLS_ROOT_PASSWORD:
            raise CommandError("Set EMR_TLS_ROOT_PASSWORD_FILE: it opens the root's key.", returncode=2)
        return str(settings.EMR_TLS_ROOT_PASSWORD)
