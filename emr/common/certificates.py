"""Server certificates in files: until when they hold."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.common.health import Caution

SOON = dt.timedelta(days=30)


def runs_out(file: Path, whose: str) -> str:
    """Why this certificate is trouble: unreadable or over (broken), or over within thirty days (a caution)."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return _("%(whose)s: the certificate %(file)s can't be read.") % {"whose": whose, "file": file}
    words = {"whose": whose, "day": f"{certificate.not_valid_after_utc:%d/%m/%Y}"}
    if certificate.not_valid_after_utc <= now():
        return _("%(whose)s: the certificate ran out on %(day)s.") % words
    if certificate.not_valid_after_utc <= now() + SOON:
        return Caution(_("%(whose)s: the certificate runs out on %(day)s.") % words)
    return ""
